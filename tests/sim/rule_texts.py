"""Any rule as text, for properties: every name, figures within their limits."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from icom_proto.codes import Stream
from icom_sim.network.figures import Bits, Declared, Parameter, parameters_of
from icom_sim.network.only import KINDS, Only, word_of
from icom_sim.network.rule_text import RULES, parse_rule
from icom_sim.network.verdicts import ConditionError, Direction

LIMITS = (*map(word_of, Direction), *map(word_of, Stream), *KINDS)


def rule_texts() -> SearchStrategy[str]:
    """Those that can be: figures that do not fit together are left out."""
    rules = st.sampled_from(list(RULES.values())).flatmap(_text)
    limits = st.lists(st.sampled_from(LIMITS), max_size=3).map("/".join)
    whole = st.builds(lambda rule, at: f"{rule}@{at}" if at else rule, rules, limits)
    return whole.filter(can_be)


def can_be(text: str) -> bool:
    return parsed(text) is not None


def parsed(text: str) -> Only | None:
    try:
        return parse_rule(text)
    except ConditionError:
        return None


def _text(kind: type[Declared]) -> SearchStrategy[str]:
    figures = [_figure(each) for each in parameters_of(kind)]
    needed = sum(each.default is None for each in parameters_of(kind))
    return st.tuples(st.integers(needed, len(figures)), st.tuples(*figures)).map(
        lambda drawn: ":".join(
            filter(None, (kind.name, ",".join(drawn[1][: drawn[0]])))
        )
    )


def _figure(parameter: Parameter) -> SearchStrategy[str]:
    figure = parameter.figure
    if isinstance(figure, Bits):
        return st.text("01", min_size=1, max_size=8)
    if figure.whole:
        return st.integers(int(figure.low), int(figure.high)).map(str)
    return st.floats(figure.low, figure.high).map(repr)
