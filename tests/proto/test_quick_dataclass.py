"""The quick decorator makes classes that behave as the standard decorator's do."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, replace

import pytest

from icom_proto.quick_dataclass import dataclass, fast_constructor


@dataclass(frozen=True, slots=True)
class Point:
    """Two required fields and one that is not."""

    x: int
    y: int
    label: str = "here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A default before a required field, and one that must not be shown."""

    host: str = "localhost"
    port: int
    password: str = field(repr=False)
    seen_at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLogin(Login):
    """A field more, in front of none."""

    name: str = "me"


@dataclass(slots=True)
class Counters:
    """Not frozen, with a default that is made anew."""

    received: int = 0
    seen: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Even:
    """Checks itself, and shows itself its own way."""

    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError("odd")

    def __repr__(self) -> str:
        return f"<{self.number}>"


@dataclass(frozen=True, slots=True)
class Empty:
    """No fields at all."""


def test_arguments_go_where_the_declaration_says() -> None:
    point = Point(1, y=2)
    assert (point.x, point.y, point.label) == (1, 2, "here")
    login = Login(password="p", port=1)
    assert (login.host, login.port, login.password) == ("localhost", 1, "p")


def test_wrong_arguments_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="y"):
        Point(1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="z"):
        Point(1, 2, z=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Login("host")  # type: ignore[call-arg]


def test_equal_fields_make_equal_instances_of_one_class() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(2, 1)
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Empty() == Empty()
    login = Login(port=1, password="p", seen_at=1.0)
    assert login == replace(login, seen_at=2.0)
    assert login != NamedLogin(port=1, password="p")


def test_the_text_form_hides_what_it_is_told_to_hide() -> None:
    assert repr(Point(1, 2)) == "Point(x=1, y=2, label='here')"
    login = NamedLogin(port=1, password="hush")
    shown = "NamedLogin(host='localhost', port=1, seen_at=0.0, name='me')"
    assert repr(login) == shown
    assert repr(Empty()) == "Empty()"


def test_frozen_means_frozen() -> None:
    point = Point(1, 2)
    with pytest.raises(FrozenInstanceError, match="x"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="y"):
        del point.y
    assert point == Point(1, 2)


def test_what_is_not_frozen_changes_and_has_no_hash() -> None:
    counters, others = Counters(), Counters()
    counters.received += 1
    counters.seen.append(3)
    assert (counters.received, counters.seen) == (1, [3])
    assert (others.received, others.seen) == (0, [])
    assert Counters(1, [3]) == counters
    with pytest.raises(TypeError, match="unhashable"):
        hash(counters)


def test_slots_leave_no_room_for_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Counters().recieved = 1  # type: ignore[attr-defined]


def test_methods_of_the_class_itself_stay() -> None:
    assert repr(Even(2)) == "<2>"
    with pytest.raises(ValueError, match="odd"):
        Even(3)


@pytest.mark.parametrize("value", [Point(1, 2, "there"), Counters(4, [5]), Empty()])
def test_copies_and_pickles_are_equal(value: object) -> None:
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value


def test_the_standard_tools_know_its_classes() -> None:
    assert [each.name for each in dataclasses.fields(Point)] == ["x", "y", "label"]
    assert dataclasses.asdict(Point(1, 2)) == {"x": 1, "y": 2, "label": "here"}
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_a_fast_constructor_makes_equal_instances() -> None:
    make_point, make_login = fast_constructor(Point), fast_constructor(NamedLogin)
    assert make_point(1, 2) == Point(1, 2)
    assert make_point(1, y=2, label="z") == Point(1, 2, "z")
    made = make_login(port=1, password="p")
    assert made == NamedLogin(port=1, password="p")
    assert type(made) is NamedLogin
    with pytest.raises(FrozenInstanceError):
        make_point(1, 2).x = 3  # type: ignore[misc]


def test_a_fast_constructor_wants_the_same_arguments() -> None:
    make_login = fast_constructor(NamedLogin)
    with pytest.raises(TypeError):
        make_login(port=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        make_login(1, "p")  # type: ignore[call-arg, arg-type]
