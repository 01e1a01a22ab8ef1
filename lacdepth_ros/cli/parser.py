# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The argument parser of every command: what is misspelt is named, with what was meant."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

_NEGATIVE = re.compile(r'-((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|nan)$', re.IGNORECASE)


class CommandParser(argparse.ArgumentParser):
    """Refuses what it does not know itself, so that the usage shown is that of its own command.

    argparse hands unknown arguments up to the outermost parser, which knows nothing of the
    command's options, and before that complains of missing ones. A parser with the default
    `forwarded` lets options pass that resemble none of its own: they are settings of a recipe.
    Of an option that is given twice argparse takes the last without a word; here it is refused.

    What it parses has the attribute `given`: the names (`dest`) of the options that were typed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._negative_number_matcher = _NEGATIVE  # argparse takes -2e-3 for an option

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse; exit with code 2 where an argument is unknown."""
        arguments = sys.argv[1:] if args is None else list(args)
        forwards = self.get_default('forwarded') is not None
        unknown = [(name, self._meant(name)) for name in self._unknown_options(arguments)]
        if refused := [(name, meant) for name, meant in unknown if meant or not forwards]:
            words = (f'{n} (did you mean {meant}?)' if meant else n for n, meant in refused)
            self.error(f'unrecognized arguments: {" ".join(words)}')
        found, rest = super().parse_known_args(arguments, namespace)
        self._refuse_repeated(arguments)
        given = frozenset(action.dest for _, action in self._given(arguments))
        found.given = given | getattr(found, 'given', frozenset())
        if rest and not forwards and self._subparsers is None:
            self.error(f'unrecognized arguments: {" ".join(rest)}')
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a command, or another value, that is none of the choices."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        alike = difflib.get_close_matches(str(value), choices, n=1)
        meant = f' (did you mean {alike[0]}?)' if alike else ''
        text = f'invalid choice: {value!r}{meant}; choose from {", ".join(choices)}'
        raise argparse.ArgumentError(action, text)

    def _typed_options(self, arguments: Sequence[str]) -> Iterator[str]:
        """Options as they were typed; those after a command's name are not this parser's."""
        own = takewhile(lambda argument: argument != '--', arguments)
        if self._subparsers is not None:
            own = takewhile(lambda argument: argument.startswith('-'), own)
        for argument in own:
            name = argument.partition('=')[0]
            if _is_option(name):
                yield name

    def _unknown_options(self, arguments: Sequence[str]) -> Iterator[str]:
        """Options that this parser does not have."""
        return (name for name in self._typed_options(arguments) if not self._knows(name))

    def _given(self, arguments: Sequence[str]) -> Iterator[tuple[str, argparse.Action]]:
        """Options of this parser among the arguments, by their whole names."""
        known = self._option_string_actions
        for name in self._typed_options(arguments):
            for option, action in known.items():
                if option == name or (name not in known and option.startswith(name)):
                    yield option, action

    def _refuse_repeated(self, arguments: Sequence[str]) -> None:
        """Exit with code 2 where of two options, or two settings of a recipe, one would count."""
        seen: dict[str, str] = {}
        for option, action in self._given(arguments):
            earlier = seen.setdefault(action.dest, option)
            if earlier != option:
                self.error(f'{earlier} and {option} exclude each other: give one of them')
        once = [
            option
            for option, action in self._given(arguments)
            if action.nargs != 0 and not isinstance(action, argparse._AppendAction)
        ]
        # Of jsonargparse's --NAME+ each value counts.
        once += [name for name in self._unknown_options(arguments) if name[-1] != '+']
        for name, times in Counter(once).items():
            if times > 1:
                self.error(f'{name} is given {times} times: give it once, with all that it takes')

    def _knows(self, name: str) -> bool:
        """Whether argparse understands an option; it takes --out for --output, and -hx for -h."""
        if not name.startswith('--'):
            return name[:2] in self._option_string_actions
        return any(known.startswith(name) for known in self._option_string_actions)

    def _meant(self, name: str) -> str | None:
        """The option whose name is most alike; None where none is."""
        # The dashes, which all have, would make short names look alike.
        known = [option.lstrip('-') for option in self._option_string_actions]
        alike = difflib.get_close_matches(name.lstrip('-'), known, n=1)
        return f'--{alike[0]}' if alike else None


def _is_option(argument: str) -> bool:
    """Whether argparse takes an argument for an option: no number, no text with spaces."""
    if not argument.startswith('-') or len(argument) == 1 or ' ' in argument:
        return False
    return _NEGATIVE.match(argument) is None
