"""The age of data is written as somebody says it: a time of today, a day and a time before."""

import datetime as dt

import pytest

from runtime.pages.heads import since
from runtime.render import formats_for

YEAR = dt.datetime.now(dt.UTC).year
MOMENT = dt.datetime(YEAR, 11, 20, 23, 21, tzinfo=dt.UTC)
LATE_EVENING = dt.datetime(YEAR, 11, 20, 23, 50, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("zone", "now", "written"),
    [
        ("UTC", LATE_EVENING, "11:21\u202fPM"),
        ("Europe/Stockholm", LATE_EVENING, "12:21\u202fAM"),
        ("UTC", LATE_EVENING + dt.timedelta(hours=1), "Nov\u00a020\u00a011:21\u202fPM"),
        ("Europe/Stockholm", LATE_EVENING + dt.timedelta(hours=1), "12:21\u202fAM"),
    ],
)
def test_a_moment_of_the_persons_today_is_a_time_alone(zone, now, written):
    formats = formats_for("en", zone)
    assert since(formats, MOMENT, now) == written
