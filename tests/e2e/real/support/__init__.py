# SPDX-License-Identifier: Apache-2.0
"""What the tests with real servers share: servers, certificates, the program under test."""
