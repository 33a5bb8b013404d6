"""What the portal says when something is wrong: whole sentences, never a secret and never a visitor's bytes."""


class PortalError(Exception):
    """The operator can do something about this: the sentence says what. The command line prints it and ends."""


class ConfigError(PortalError):
    """The configuration is not usable: the sentence names the key and the fix."""


class DatabaseError(PortalError):
    """The database is not the one this version needs: the sentence says how to get there."""


class ClockError(PortalError):
    """The clock is far ahead of the last week that was seen, so nothing was deleted: the sentence says what to do."""


class BuildError(PortalError):
    """The release could not be built, or is not the one that was built."""


class RefusalError(Exception):
    """A request is refused: `status` is the HTTP status, `sentence` all that the other side is told.

    `allow` lists the methods that exist, for status 405 only.
    """

    def __init__(self, status: int, sentence: str, *, allow: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.allow = allow
