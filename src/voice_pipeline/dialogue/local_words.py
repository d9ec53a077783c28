"""What the local tools answer, by language: days, months, and the sentences about what is remembered.

None of it but English has been checked by somebody whose first language it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import struct_time


@dataclass(frozen=True)
class LocalWords:
    """One language.

    Args:
        weekdays: from Monday, with blanks between.
        months: from January.
        date: of {weekday}, {day}, {month}, {year}, as it fits into `say` of get_date.
        remembers: {facts}, in the words of the person.
        more: {count} facts that are not told.
        nothing, forgotten, unknown: answers of recall and forget; {about} is what was to be forgotten.
        first: how the first day of a month is said, where it is not 1.
    """

    weekdays: str
    months: str
    date: str
    remembers: str
    more: str
    nothing: str
    forgotten: str
    unknown: str
    first: str = "1"

    def date_of(self, day: struct_time) -> str:
        """A date in words."""
        number = self.first if day.tm_mday == 1 else str(day.tm_mday)
        weekday, month = self.weekdays.split()[day.tm_wday], self.months.split()[day.tm_mon - 1]
        return self.date.format(weekday=weekday, day=number, month=month, year=day.tm_year)


WORDS = {
    "en": LocalWords(
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "January February March April May June July August September October November December",
        "{weekday}, {month} {day}, {year}",
        "I remember: {facts}.",
        " And {count} more.",
        "Nobody has asked me to remember anything.",
        "Okay, I forgot it.",
        "I remember nothing about {about}.",
    ),
    "de": LocalWords(
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "{weekday}, der {day}. {month} {year}",
        "Du hast mir gesagt: {facts}.",
        " Und {count} weitere Dinge.",
        "Ich sollte mir noch nichts merken.",
        "Gut, das habe ich vergessen.",
        "Dazu habe ich mir nichts gemerkt.",
    ),
    "fr": LocalWords(
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "{weekday} {day} {month} {year}",
        "Tu m'as dit : {facts}.",
        " Et {count} autres choses.",
        "On ne m'a encore rien demandé de retenir.",
        "D'accord, je l'ai oublié.",
        "Je n'ai rien retenu à ce sujet.",
        first="1er",
    ),
    "es": LocalWords(
        "lunes martes miércoles jueves viernes sábado domingo",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "{weekday}, {day} de {month} de {year}",
        "Me has dicho: {facts}.",
        " Y {count} cosas más.",
        "Nadie me ha pedido que recuerde nada.",
        "Vale, lo he olvidado.",
        "No recuerdo nada sobre eso.",
    ),
    "it": LocalWords(
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "{weekday} {day} {month} {year}",
        "Mi hai detto: {facts}.",
        " E altre {count} cose.",
        "Nessuno mi ha chiesto di ricordare qualcosa.",
        "Va bene, l'ho dimenticato.",
        "Non ricordo niente di questo.",
        first="primo",
    ),
    "pt": LocalWords(
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "{weekday}, {day} de {month} de {year}",
        "Disseste-me: {facts}.",
        " E mais {count} coisas.",
        "Ninguém me pediu para me lembrar de nada.",
        "Está bem, já me esqueci.",
        "Não me lembro de nada sobre isso.",
    ),
    "ja": LocalWords(
        "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
        " ".join(f"{n}月" for n in range(1, 13)),
        "{year}年{month}{day}日{weekday}",
        "覚えていること: {facts}。",
        "ほかに{count}件あります。",
        "まだ何も覚えるように言われていません。",
        "はい、忘れました。",
        "それについては何も覚えていません。",
    ),
}
