"""What the normalisation library reads wrongly in English, as a table.

Each rule was written for a sentence in test_tts_normalize; delete one when the library has learned it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

Replacement: TypeAlias = "str | Callable[[re.Match[str]], str]"

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MONEY = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
}
# After a number. The library takes "m" for minutes and leaves most of the others as letters.
_UNITS = {
    "m/s": "meters per second",
    "m/s²": "meters per second squared",
    "rad/s": "radians per second",
    "°/s": "degrees per second",
    "deg/s": "degrees per second",
    "mm/s": "millimeters per second",
    "cm/s": "centimeters per second",
    "m²": "square meters",
    "m³": "cubic meters",
    "km²": "square kilometers",
    "m": "meters",
    "hr": "hours",
    "hrs": "hours",
    "rad": "radians",
    "dB": "decibels",
    "mAh": "milliamp hours",
    "Wh": "watt hours",
    "kWh": "kilowatt hours",
    "V": "volts",
    "A": "amps",
    "W": "watts",
    "fps": "frames per second",
    "rpm": "revolutions per minute",
    "mph": "miles per hour",
    "GB": "gigabytes",
    "MB": "megabytes",
    "TB": "terabytes",
    "px": "pixels",
    "µs": "microseconds",
    "K": "kelvin",
}
_ABBREVIATIONS = {
    r"e\. ?g\.,?": "for example,",
    r"i\. ?e\.,?": "that is,",
    r"vs\.?": "versus",
    r"[Pp]rof\.": "Professor",
    r"[Cc]apt\.": "Captain",
    r"[Ss]gt\.": "Sergeant",
    r"[Ss]en\.": "Senator",
    r"[Gg]ov\.": "Governor",
    r"[Aa]pprox\.": "approximately",
    r"[Dd]ept\.": "department",
    r"[Ii]nc\.": "incorporated",
    r"[Cc]orp\.": "corporation",
    r"[Tt]emp\.": "temperature",
    r"[Mm]ax\.": "maximum",
    r"Ave\.": "Avenue",
    r"Blvd\.": "Boulevard",
    r"Rd\.": "Road",
    r"Mt\.": "Mount",
    r"Ft\.": "Fort",
    r"Jr\.": "Junior",
    r"Sr\.": "Senior",
    r"a\.k\.a\.": "also known as",
    r"w/o": "without",
    r"Jan\.(?= \d)": "January",
    r"Feb\.(?= \d)": "February",
    r"Mar\.(?= \d)": "March",
    r"Apr\.(?= \d)": "April",
    r"Jun\.(?= \d)": "June",
    r"Jul\.(?= \d)": "July",
    r"Aug\.(?= \d)": "August",
    r"Sept?\.(?= \d)": "September",
    r"Oct\.(?= \d)": "October",
    r"Nov\.(?= \d)": "November",
    r"Dec\.(?= \d)": "December",
    r"24/7": "twenty-four seven",
    r"50/50": "fifty-fifty",
    r"and/or": "and or",
}
_DECADES = {
    "0": "hundreds",
    "2": "twenties",
    "3": "thirties",
    "4": "forties",
    "5": "fifties",
    "6": "sixties",
    "7": "seventies",
    "8": "eighties",
    "9": "nineties",
}
_CENTURIES = {"18": "eighteen", "19": "nineteen", "20": "twenty"}


def _cents(match: re.Match[str]) -> str:
    one, many, cent, cents = _MONEY[match["sign"]]
    whole, part = int(match["whole"].replace(",", "")), int(match["part"])
    big = f"{whole} {one if whole == 1 else many}"
    small = f"{part} {cent if part == 1 else cents}"
    return big if part == 0 else small if whole == 0 else f"{big} and {small}"


def _digit_by_digit(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match.group())
    return ", ".join(" ".join(_DIGITS[int(d)] for d in group) for group in groups)


def _unit(match: re.Match[str]) -> str:
    words = _UNITS[match["unit"]]
    if match["number"] == "1":
        words = re.sub(r"^(\w+?)s\b", r"\1", words) if words != "kelvin" else words
    return f"{match['number']} {words}"


def _quantity(match: re.Match[str]) -> str:
    """2026 apples are no year: with a thousands separator the library says two thousand twenty six."""
    return f"{match[1][:-3]},{match[1][-3:]}{match[2]}"


def _feet(match: re.Match[str]) -> str:
    return f"{match[1]} foot {match[2] or ''}".rstrip()


def _any(words: dict[str, str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_AMOUNT = r"\d[\d,]*(?:\.\d+)?"
BEFORE: tuple[tuple[re.Pattern[str], Replacement], ...] = (
    (re.compile(r"(?P<sign>[$€£])(?P<whole>\d[\d,]*)\.(?P<part>\d\d)\b(?! ?(?:million|billion|trillion))"), _cents),
    (re.compile(r"(?:\+\d{1,3}[ .-]?)?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b"), _digit_by_digit),
    (re.compile(r"\+\d{2,3}(?:[ -]?\d{2,5}){2,5}\b"), _digit_by_digit),
    (re.compile(r"(?<![\d-])\b\d{3}-\d{4}\b(?!-)"), _digit_by_digit),
    (re.compile(r"(?<![\d.])\d+(?:\.\d+){2}\b(?!\.\d)"), lambda m: m.group().replace(".", " point ")),
    (re.compile(r"\b(18|19|20)([02-9])0'?s\b"), lambda m: f"{_CENTURIES[m[1]]} {_DECADES[m[2]]}"),
    (re.compile(r"\b((?:18|19|20)\d\d)-(?=(?:18|19|20)\d\d\b(?!-))"), r"\1 to "),
    (re.compile(r"(?<=\d)/(?=[a-z]{3,})"), " per "),
    (re.compile(r"\betc\.(?=\s*(?:$|[A-Z]))"), "et cetera."),
    (re.compile(r"\betc\."), "et cetera"),
    (re.compile(r"\b(\d)' ?(?:(\d{1,2})(?:\"|''))?(?!\w)"), _feet),
    (re.compile(rf"(?<![\w.])(?P<number>{_AMOUNT}) ?(?P<unit>{_any(_UNITS)})(?![\w/²³'])"), _unit),
    (re.compile(r"(\d) ?x ?(?=\d)"), r"\1 by "),
    (re.compile(r"(\d) ?× ?(?=\d)"), r"\1 times "),
    (re.compile(r"(\d) ?k\b"), r"\1 thousand"),
    (re.compile(r"(?<![\d.,])(1[1-9]\d\d|20\d\d)( (?!is\b|was\b|has\b|as\b|its\b)[a-z]+s\b)"), _quantity),
    (re.compile(r"(?<![\d,.])1,000(?![\d,])"), "one thousand"),
    (re.compile(r"\b(?:No|Nr|Nos)\. ?(?=\d)"), "number "),
    (re.compile(r"#(?=\d)"), "number "),
    (re.compile(r"(?<=[a-z] )St\.(?= [A-Z])"), "Saint"),
    (re.compile(r"^St\.(?= [A-Z])"), "Saint"),
    (re.compile(r"\bSt\."), "Street"),
    *((re.compile(rf"(?<!\w){short}(?!\w)"), long) for short, long in _ABBREVIATIONS.items()),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"~\s*(?=\d)"), "about "),
)
# What is left when the library has done its part.
AFTER: tuple[tuple[re.Pattern[str], Replacement], ...] = (
    (re.compile(r"\\"), ""),
    (re.compile(r"(?<=\w)/(?=\w)"), " or "),
    (re.compile(r"[\"#<>=+^~]+"), " "),
)


def apply(rules: tuple[tuple[re.Pattern[str], Replacement], ...], text: str) -> str:
    """All rules in order."""
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text
