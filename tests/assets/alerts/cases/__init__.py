# SPDX-License-Identifier: Apache-2.0
"""What each alert must do, and must not."""
from . import budget, others, routes

CASES = {**routes.CASES, **others.CASES, **budget.CASES}
