"""An address of a database whose password stands elsewhere."""

from urllib.parse import quote, urlsplit, urlunsplit


def with_password(url: str, password: str) -> str:
    """The address with this password, in place of one that it may have. Raises ValueError if it names no user."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    if not at or not name:
        raise ValueError("设置了 JIESU_DATABASE_PASSWORD，DATABASE_URL 须写明用户名")
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}"))
