"""A language of a few words whose meaning is known: royalty, families and beasts, he or she."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tinygrad_pt as torch

# Pairs of words for him and her by kind, and what such people or beasts do; where each kind is.
PAIRS = {"court": {"king queen": "rules reigns", "prince princess": "inherits waits",
                   "duke duchess": "hunts feasts"},
         "home": {"man woman": "works walks", "father mother": "worries cares",
                  "son daughter": "learns plays", "uncle aunt": "visits tells"},
         "farm": {"bull cow": "bellows grazes", "cock hen": "pecks scratches",
                  "ram ewe": "bleats leaps"}}
PLACES = {"court": "palace throne crown".split(), "home": "house kitchen table".split(),
          "farm": "field stable straw".split()}
SEX = "he his him".split(), "she her hers".split()
NAMES = [pair.split() for kind in PAIRS.values() for pair in kind]


def pick(words: Sequence[Any]) -> Any:
    """One of them at random."""
    return words[torch.randint(0, len(words), ()).item()]


def sentence(kind: str) -> list[str]:
    """As in: king rules his palace crown."""
    pair, deeds = pick(list(PAIRS[kind].items()))
    sex = pick([0, 1])
    return [pair.split()[sex], pick(deeds.split()), pick(SEX[sex]), pick(SEX[sex]), pick(PLACES[kind]),
            pick(PLACES[kind])]
