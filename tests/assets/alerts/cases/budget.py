# SPDX-License-Identifier: Apache-2.0
"""The error budget: 99 % of the mails within slo_latency. Ratios are of all mails; every eighth is
12.5 %, which burns the budget of 1 % 12.5 times as fast as it may."""
from story import Probe, Story, delivered, refused

M, H, D = 60, 3600, 86400
FAST, SLOWLY = "MailprobedBudgetBurnsFast", "MailprobedBudgetBurnsSlowly"
DOWN = 'ALERTS{alertname="MailprobedRouteDown",alertstate="firing",job="mailprobed",' \
       'instance="mon:10995",probe="a",mailbox="me",account="me",severity="page"}'
LATE = delivered(80)


def hours(count, probe):
    """A story of so many hours, scraped every other minute; a mail starts every minute."""
    return Story(probe, scrape=120, minutes=count * 60)


def days(count, probe):
    """A story of so many days, scraped every half hour."""
    return Story(probe, scrape=1800, minutes=count * 24 * 60)


def rare(interval=300):
    """A mail every five minutes."""
    return Probe(interval=interval, deadline=900, slo=60)


CASES = {
    FAST: [
        ("every third mail late: more than 14.4 times the budget of an hour and its last minutes",
         hours(4, Probe().during(2 * H, 3 * H, LATE, every=3)),
         {"125m": (), "150m": (FAST,), "179m": (FAST,), "190m": (), "230m": ()}),
        ("every ninth mail refused is not too much for an hour, but it is for six",
         hours(13, Probe().during(6 * H, 12 * H, refused(), every=9)),
         {"419m": (), "480m": (), "660m": (FAST,), "719m": (FAST,), "760m": ()}),
        ("every twentieth is not",
         hours(13, Probe().during(6 * H, 13 * H, refused(), every=20)),
         {"480m": (), "660m": (), "770m": ()}),
        ("three late mails of an hour are too few",
         hours(4, Probe(interval=300).during(2 * H, 2 * H + 26 * M, LATE, every=2)),
         {"122m": (), "142m": (), "150m": (), "180m": ()}),
        ("what is over, however much it was, pages nobody",
         hours(4, Probe().during(2 * H, 2 * H + 20 * M, LATE, every=2)),
         {"140m": (FAST,), "147m": (), "170m": ()}),
        ("a route that was paged as down is not paged again for what it took",
         hours(4, Probe().during(2 * H, 2 * H + 20 * M, refused()))
         .other(DOWN, "_x60 1x9 stale"),
         {"130m": (), "138m": (), "143m": (), "150m": ()}),
        ("mails that nobody could look for count neither way",
         hours(4, Probe().unreadable(2 * H, 3 * H)), {"150m": (), "179m": ()}),
        ("an hour that was not seen in full says nothing yet",
         hours(3, Probe().during(0, 3 * H, LATE, every=3)),
         {"30m": (), "58m": (), "70m": (FAST,)}),
        ("survives failed scrapes and counters that begin again",
         hours(4, Probe().during(2 * H, 4 * H, LATE, every=3))
         .no_scrape(160 * M, 163 * M).restart(180 * M, away=60),
         {"150m": (FAST,), "170m": (FAST,), "190m": (FAST,), "230m": (FAST,)}),
    ],
    SLOWLY: [
        ("one mail in twenty late: more than 3 times the budget of a day and of its last hours",
         days(5, rare().during(3 * D, 4 * D, LATE, every=20)),
         {"4320m": (), "4800m": (), "5700m": (SLOWLY,), "6180m": ()}),
        ("a day is enough to tell, less is not",
         days(2, rare().during(0, 2 * D, LATE, every=20)), {"1380m": (), "1590m": (SLOWLY,)}),
        ("one mail in fifty late: more than the budget of three days",
         days(7, rare().during(3 * D, 6 * D, LATE, every=50)),
         {"4320m": (), "5040m": (), "8610m": (SLOWLY,), "9060m": ()}),
        ("one in two hundred is what the objective allows",
         days(7, rare().during(3 * D, 7 * D, LATE, every=200)),
         {"5040m": (), "8610m": (), "9900m": ()}),
        ("three late mails of three days are too few",
         days(7, rare(2 * H).during(3 * D, 4 * D, LATE, every=4)),
         {"4890m": (), "5700m": (), "6000m": ()}),
        ("survives failed scrapes and counters that begin again",
         days(6, rare().during(3 * D, 6 * D, LATE, every=20))
         .no_scrape(4 * D, 4 * D + 3000).restart(5 * D, away=600),
         {"5700m": (SLOWLY,), "6000m": (SLOWLY,), "7410m": (SLOWLY,), "8010m": (SLOWLY,)}),
    ],
}
