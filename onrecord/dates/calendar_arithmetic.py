"""Days, weeks, months and feasts of the calendar, and the English words for them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

DAY = timedelta(days=1)
MONTHS = tuple("January February March April May June July August September October November December".split())
WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
# patterns
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
MONTH = rf"(?:{'|'.join(MONTHS)})"
PART_OF_DAY = r"(?:\s+(?:morning|afternoon|evening|night|lunchtime))?(?!\w| (?:mornings|afternoons|evenings|nights)\b)"


def day_of(moment: date | datetime) -> date:
    """The day of a clock time; a day itself."""
    return moment.date() if isinstance(moment, datetime) else moment


def span(unit: str, day: date) -> tuple[date, date]:
    """First and last day of the week (from Monday), month, quarter, half or year that holds the day."""
    if unit == "week":
        first = day - day.weekday() * DAY
        return first, first + 6 * DAY
    months = {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, later(first, "month", months) - DAY


def later(day: date, unit: str, n: int) -> date:
    """The day n days, weeks, fortnights, months, quarters or years later;
    the last of the month where there is no such day.
    """
    if unit in ("day", "week", "fortnight"):
        return day + n * {"day": 1, "week": 7, "fortnight": 14}[unit] * DAY
    from dateutil.relativedelta import relativedelta  # only texts with dates in them need it

    return day + relativedelta(months=n * {"month": 1, "quarter": 3, "year": 12}[unit])


def month_number(name: str) -> int:
    """1 to 12, of a name or its first three letters."""
    return [m[:3] for m in MONTHS].index(name[:3]) + 1


def easter(year: int) -> date:
    """Easter Sunday of the western churches."""
    from dateutil.easter import easter

    return easter(year)


FEASTS: dict[str, Callable[[int], date]] = {
    "christmas eve": lambda y: date(y, 12, 24),
    "christmas day": lambda y: date(y, 12, 25),
    "christmas": lambda y: date(y, 12, 25),
    "boxing day": lambda y: date(y, 12, 26),
    "new year's eve": lambda y: date(y, 12, 31),
    "new year's day": lambda y: date(y, 1, 1),
    "valentine's day": lambda y: date(y, 2, 14),
    "st. patrick's day": lambda y: date(y, 3, 17),
    "st patrick's day": lambda y: date(y, 3, 17),
    "fourth of july": lambda y: date(y, 7, 4),
    "halloween": lambda y: date(y, 10, 31),
    "all saints' day": lambda y: date(y, 11, 1),
    "ash wednesday": lambda y: easter(y) - 46 * DAY,
    "good friday": lambda y: easter(y) - 2 * DAY,
    "easter sunday": easter,
    "easter": easter,
    "easter monday": lambda y: easter(y) + DAY,
}
