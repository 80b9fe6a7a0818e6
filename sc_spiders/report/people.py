"""The people: where they say they are, what they pay for, and how old their accounts are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from sc_spiders.dataset import Dataset

from . import html, svg
from .atlas import world
from .html import Html, h
from .music import FEWEST
from .names import Names

_COUNTRIES = """
SELECT coalesce(nullif(country_code, ''), nullif(country, '')) AS place, count(*) AS people
FROM user WHERE place IS NOT NULL GROUP BY place ORDER BY people DESC, place
"""
_CITIES = """
SELECT mode(trim(city)), mode(coalesce(country_code, '')), count(*) AS people
FROM user WHERE trim(city) <> '' GROUP BY lower(trim(city)) ORDER BY people DESC, 1
"""
_PLANS = """
SELECT coalesce(nullif(creator_subscription_product_id, ''), nullif(plan, ''),
    CASE WHEN badges_pro_unlimited THEN 'pro unlimited' WHEN badges_pro THEN 'pro' END) AS known, count(*)
FROM user WHERE known IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1
"""


class Places:
    """The countries and cities that accounts name."""

    id: ClassVar[str] = "countries"
    title = "Places"

    def __init__(self, data: Dataset) -> None:
        self._people = data.counts.get("user", 0)
        self._countries = [(place, count) for place, count in data.rows(_COUNTRIES)]
        self._cities = [(city, country, count) for city, country, count in data.rows(_CITIES)]

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        if len(self._countries) < 2 or self._people < FEWEST:
            return None
        known = sum(count for _, count in self._countries)
        countries = [(html.region(code) or html.text(""), count) for code, count in self._countries]
        parts = [html.bars("Accounts by country", "Country", countries, known, "Accounts", 20)]
        if len(self._cities) > 1 and self._cities[0][2] > 1:
            told = sum(count for _, _, count in self._cities)
            cities = [(html.Label(city, country), count) for city, country, count in self._cities]
            parts.append(html.bars("Accounts by city", "City", cities, told, "Accounts", 20))
        return html.join(
            html.note(f"{known:,} of {self._people:,} accounts name a country. Cities are free text."),
            world(self._cities),
            h("div", parts, class_="columns"),
        )


class Plans:
    """The plans that accounts have, and the years in which they were made."""

    id: ClassVar[str] = "plans"
    title = "Plans and ages"

    def __init__(self, data: Dataset) -> None:
        self._plans = [(plan.replace("-", " "), count) for plan, count in data.rows(_PLANS)]
        self._years = {
            year: count
            for year, count in data.rows("SELECT year(created_at), count(*) FROM user GROUP BY 1 ORDER BY 1")
            if year
        }
        (self._verified,) = next(data.rows("SELECT count(*) FROM user WHERE verified OR badges_verified"))

    def urns(self) -> Iterable[str]:
        return ()

    def html(self, names: Names) -> Html | None:
        shown = [part for part in (self._by_plan(), self._by_year()) if part]
        if not shown:
            return None
        return h("div", shown, class_="columns")

    def _by_plan(self) -> Html | None:
        known = sum(count for _, count in self._plans)
        if len(self._plans) < 2 or known < FEWEST:
            return None
        told = f"{html.counted(self._verified, 'account is', 'accounts are')} verified."
        return h("div", html.bars("Accounts by plan", "Plan", self._plans, known, "Accounts"), html.note(told))

    def _by_year(self) -> Html | None:
        known = sum(self._years.values())
        if len(self._years) < 2 or known < FEWEST:
            return None
        years = range(min(self._years), max(self._years) + 1)
        bars = [(str(year), self._years.get(year, 0)) for year in years]
        most = max(bars, key=lambda one: one[1])
        span = f"{bars[0][0]} to {bars[-1][0]}"
        label = f"Accounts by the year in which they were made, {span}; most, {most[1]:,}, in {most[0]}."
        return h("div", h("h3", "Year in which the account was made"), svg.columns(label, "year", "accounts", bars))
