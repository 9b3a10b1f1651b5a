"""The list of the commonest passwords: fit to be compared with, and refused in whatever case."""

import pytest

from smovie.models.accounts import PASSWORD_MAX, PASSWORD_MIN
from smovie.models.common_passwords import _FILE, is_common


def test_every_line_is_a_password_that_would_otherwise_be_taken() -> None:
    lines = _FILE.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert len(lines) >= 3_000
    assert lines == sorted(set(lines))
    assert [line for line in lines if line != line.casefold() or not PASSWORD_MIN <= len(line) <= PASSWORD_MAX] == []


@pytest.mark.parametrize(
    "password", ["12345678", "PassWord", "iloveyou", "MatKhau123", "anhyeuem", "Khongbiet", "MẬT KHẨU", "Liverpool"]
)
def test_a_common_password_is_known_in_whatever_case(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["mật khẩu dài", "long enough", "anhyeuem và phim"])
def test_others_are_not(password: str) -> None:
    assert not is_common(password)
