"""What the doctor says of one subject."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One sentence or more for the operator, each with the fix; `to_do` says whether something needs doing."""

    sentence: str
    to_do: bool = True
