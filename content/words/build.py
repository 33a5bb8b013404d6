"""Build the two word lists that codes are written in.

A code is eight words and every word stands for 12 bits, so each list holds exactly 4,096 words.
Rules, all of which `check` verifies except the last two, which need the dictionaries:

- lower case a-z only, 4 to 10 letters, sorted, no word twice;
- the first four letters are unique, so a half-legible word can be completed;
- the Damerau-Levenshtein distance is at least 2, so one slip never gives another word;
- the phonetic key is unique, so a word that is read aloud is written down as itself;
- no word taken out by eye (`excluded.nl.txt`, `excluded.en.txt`);
- no names: nothing that the sources also spell with a capital;
- base forms: no plurals, participles or verb endings where the dictionary shows the base.

`kept.nl.txt` and `kept.en.txt` name the everyday words that the last two rules would wrongly
refuse (`anker` is a surname too, `melk` a verb form), and plurals whose base is too short.

Words are taken in order of frequency, so the list is as common as these rules allow. Dutch is
built first and English gives way, because Dutch has the fewer words to spare.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
SIZE = 4096
# In powers of ten: a word this much commoner in English is spelt and spoken the English way.
LOAN = 0.8
PREFIX_SIZE = 4
# What follows a particle, if shorter, is chance and no verb: voor-al.
STEM_SIZE = 3
SHAPE = re.compile("[a-z]{4,10}")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DICTIONARIES = {"nl": ["dutch"], "en": ["american-english", "british-english"]}

# Rules "pattern/sound", applied in this order, merge the spellings that sound alike. Merging too
# much costs a word, too little costs a reporter the mailbox: so the doubtful pairs are merged.
SOUNDS = {
    "nl": r"ij|ey/ei y/i [ao]uw?/A eau/o sch/sg sgh?e?$/s tie/si ch/g c(?=[ei])/s qu/kw x/ks ph/f "
    r"th/t rh/r c/k sj/s ieu/iu ie/i ei/E v/f z/s dt?$/t b$/p en$/e (.)\1/\1",
    "en": r"^kn|^gn|^pn/n ^wr|rh/r ^ps|^sc(?=[eiy])/s mb$|mn$/m wh/w ph|gh$/f eigh/E igh/ie gh/ "
    r"tch/ch sch|ck|ch(?=[lr])|q/k c(?=[eiy])/s c(?!h)/k z/s x/ks dge/j ssion|sion/tion "
    r"(?:er|or|ar|re|our|ure|ir)$/R (?:el|le|al|il|ol)$/L (?:ar|er|or)y$/RE [ae]n(?=t$|ce$|se$)/N "
    r"ei|ie|ee|ea|ey|ay|ai/E [ae]([^aeiou])e$/E\1 o([^aeiou])e$/O\1 i([^aeiou])e$/I\1 "
    r"u([^aeiou])e$/U\1 oa|ow|ou|oe/O oo|ew|ue|ui/U y$/E y/i e$/ (.)\1/\1",
}
PARTICLES = re.compile(
    "(?:aan|achter|af|be|bij|binnen|door|her|in|mee|na|om|ont|op|over|rond|samen|tegen|terug|toe"
    "|uit|vast|ver|vol|voor|vooruit|weg)"
)
LONG_VOWEL = re.compile(r"(aa|ee|oo|uu)([^aeiou])$")
OPEN_VOWEL = re.compile(r"(?<![aeiou])([aeou])([^aeiou])$")


def phonetic_key(word: str, language: str) -> str:
    """Return a spelling that words which sound alike share."""
    for rule in SOUNDS[language].split():
        pattern, sound = rule.split("/")
        word = re.sub(pattern, sound, word)
    return word


def neighbours(word: str) -> set[str]:
    """Return every string of a-z at Damerau-Levenshtein distance 1 from the word."""
    halves = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in halves if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    found |= {a + c + b[1:] for a, b in halves if b for c in LETTERS}
    found |= {a + c + b for a, b in halves for c in LETTERS}
    return found - {word}


def dutch_long(stem: str) -> set[str]:
    """Return the closed-syllable spellings of what stood before -e or -en: grot -> groot."""
    forms = {stem, OPEN_VOWEL.sub(r"\1\1\2", stem)}
    forms |= {stem[:-1]} if stem[-1:] == stem[-2:-1] else set()
    return forms | {f[:-1] + {"v": "f", "z": "s"}[f[-1]] for f in forms if f[-1:] in {"v", "z"}}


def dutch_open(stem: str) -> set[str]:
    """Return the spellings of a stem before -e or -en: groot -> grot, bak -> bakk, lief -> liev."""
    forms = {stem, stem + stem[-1:], LONG_VOWEL.sub(lambda m: m[1][0] + m[2], stem)}
    return forms | {f[:-1] + {"f": "v", "s": "z"}[f[-1]] for f in forms if f[-1:] in {"f", "s"}}


def is_dutch_verb(stem: str, known: set[str]) -> bool:
    """Say whether the dictionary conjugates the stem: infinitive, and a third person or a past."""
    infinitive = any(form + "en" in known for form in dutch_open(stem))
    return infinitive and any(stem + ending in known for ending in ("t", "te", "de"))


def is_dutch_adjective(base: str, known: set[str]) -> bool:
    """Say whether the dictionary compares the base: groot, grote, groter."""
    forms = dutch_open(base)
    return base in known and any({f + "e", f + "er"} <= known for f in forms)


def is_dutch_participle(word: str, known: set[str]) -> bool:
    """Say whether the word is ge- with a verb: gewerkt, gegeven."""
    if not word.startswith("ge") or word[-1] not in "dtn":
        return False
    weak = word[-1] in "dt" and any(is_dutch_verb(s, known) for s in (word[2:-1], word[2:]))
    return weak or (word.endswith("en") and word[2:] in known)


def is_dutch_verb_form(word: str, known: set[str]) -> bool:
    """Say whether the word is a conjugated form of a verb in the dictionary."""
    found = re.search(r"(?<=.)(?:te|ten|t|de|den|d)$", word)
    ending = found[0] if found else ""
    stem = word.removesuffix(ending)
    if word.endswith(("end", "ende")) and word.removesuffix("e")[:-1] in known:
        return True
    if ending and stem in known and is_dutch_verb(stem, known):
        return True
    if is_dutch_participle(word, known):
        return True
    noun = any(word + small in known for small in ("je", "tje", "pje", "etje"))
    return is_dutch_verb(word, known) and not noun and not is_dutch_adjective(word, known)


def is_dutch_noun_form(word: str, known: set[str]) -> bool:
    """Say whether the word is a plural, a diminutive or a bent adjective of a known word."""
    small = re.fullmatch(r"(.{2,}?)(?:[tp]|(.)\2et)?jes?", word)
    if small and {small[1], small[1] + (small[2] or "")} & known:
        return True
    if re.search(r"(?:e[lrnm]|aar|ier|or|je|[aeioy])s$", word) and word[:-1] in known:
        return True
    if word.endswith("en"):
        singular = dutch_long(word[:-2]) & known
        return bool(singular) and not any(is_dutch_verb(s, known) for s in dutch_long(word[:-2]))
    if word.endswith("e") and word + "s" not in known and dutch_long(word[:-1]) & known:
        return True
    for ending in ("er", "st", "ste", "ere"):
        if word.endswith(ending):
            bases = dutch_long(word[: -len(ending)])
            if any(is_dutch_adjective(base, known) for base in bases):
                return True
    return False


def is_dutch_inflection(word: str, known: set[str]) -> bool:
    """Say whether the word, or what follows its particle, is not a base form."""
    rest = PARTICLES.sub("", word, count=1) if PARTICLES.match(word) else ""
    forms = [word, rest] if rest in known and len(rest) >= STEM_SIZE else [word]
    return any(is_dutch_verb_form(f, known) or is_dutch_noun_form(f, known) for f in forms)


def is_english_inflection(word: str, known: set[str]) -> bool:
    """Say whether the word is a plural, a verb form, a comparison or an adverb of a known word."""
    cut = re.fullmatch(r"(.{2,}?)(ies|es|s|ied|ed|ing|iest|est|ily|ly)", word)
    while cut:
        stem, ending = cut.groups()
        bases = {stem, stem + "e", stem + "y" if ending[0] == "i" else stem}
        bases |= {stem[:-1]} if stem[-1:] == stem[-2:-1] else set()
        if bases & known and not word.endswith("ss"):
            return True
        cut = re.fullmatch(rf"({stem}.+?)(es|s|ed|ing|est|ly)", word)
    return False


INFLECTED: dict[str, Callable[[str, set[str]], bool]] = {
    "nl": is_dutch_inflection,
    "en": is_english_inflection,
}


def read_words(path: Path) -> list[str]:
    """Read one word a line, without empty lines and `#` comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def candidates(language: str, folder: Path) -> tuple[list[str], set[str]]:
    """Return the well-shaped dictionary words, commonest first, and the whole dictionary."""
    # The tests call `check` where wordfreq is not installed.
    from wordfreq import zipf_frequency  # noqa: PLC0415

    sources = [set(read_words(folder / name)) for name in DICTIONARIES[language]]
    # A word that British and American English spell differently is in one source only.
    common = {word for word in set.intersection(*sources) if SHAPE.fullmatch(word)}
    if language == "nl":
        common = {w for w in common if zipf_frequency(w, "en") - zipf_frequency(w, "nl") < LOAN}
    order = sorted(common, key=lambda word: (-zipf_frequency(word, language), word))
    return order, set.union(*sources)


def select(order: list[str], known: set[str], language: str, taken: set[str]) -> tuple[list[str], Counter[str]]:
    """Take words in order until there are 4,096; count the refusals by rule."""
    excluded = set(read_words(HERE / f"excluded.{language}.txt"))
    kept = set(read_words(HERE / f"kept.{language}.txt"))
    chosen: dict[str, str] = {}
    keys: set[str] = set()
    nearby: set[str] = set()
    refused: Counter[str] = Counter()
    for word in order:
        if len(chosen) == SIZE:
            break
        key = phonetic_key(word, language)
        rules = {
            "taken out by eye": word in excluded,
            "in the other list": word in taken,
            "a name": word not in kept and word.capitalize() in known,
            "not a base form": word not in kept and INFLECTED[language](word, known),
            "first four letters": word[:PREFIX_SIZE] in chosen,
            "sounds alike": key in keys,
            "edit distance": word in nearby,
        }
        rule = next((name for name, broken in rules.items() if broken), "")
        if rule:
            refused[rule] += 1
            continue
        chosen[word[:PREFIX_SIZE]] = word
        keys.add(key)
        nearby |= neighbours(word)
    return sorted(chosen.values()), refused


def shape_faults(words: list[str]) -> list[str]:
    """Name the broken rules that need no language: size, order, letters, first four, distance."""
    unknown = [word for word in words if not SHAPE.fullmatch(word)]
    starts = Counter(word[:PREFIX_SIZE] for word in words)
    listed = set(words)
    found = [f"The list has {len(words)} words, not {SIZE}."] if len(words) != SIZE else []
    found += ["The list is not sorted, or has a word twice."] if words != sorted(listed) else []
    found += [f"'{word}' is not 4 to 10 letters a-z." for word in unknown]
    found += [f"{n} words start with '{start}'." for start, n in starts.items() if n > 1]
    pairs = ((word, near) for word in listed for near in neighbours(word) & listed if word < near)
    return found + sorted(f"'{a}' is one slip from '{b}'." for a, b in pairs)


def check(words: list[str], language: str) -> list[str]:
    """Return a sentence for each broken rule of one list; empty if the list is sound."""
    excluded = set(read_words(HERE / f"excluded.{language}.txt"))
    heard: dict[str, str] = {}
    found = shape_faults(words)
    for word in words:
        twin = heard.setdefault(phonetic_key(word, language), word)
        found += [f"'{word}' sounds like '{twin}'."] if twin != word else []
        found += [f"'{word}' was taken out by eye."] if word in excluded else []
    return found


def build(language: str, folder: Path, taken: set[str]) -> list[str]:
    """Write one list beside this script, report, and return its words."""
    order, known = candidates(language, folder)
    words, refused = select(order, known, language, taken)
    faults = check(words, language)
    if faults:
        sys.exit("\n".join([f"{language}.txt was not written:", *faults]))
    text = "".join(f"{word}\n" for word in words)
    (HERE / f"{language}.txt").write_text(text, encoding="utf-8")
    counts = "; ".join(f"{rule} {count}" for rule, count in refused.most_common())
    sys.stdout.write(f"{language}.txt: {len(words)} words written. Refused: {counts}.\n")
    return words


def main() -> None:
    """Build the Dutch list and then, without its words, the English one."""
    parser = argparse.ArgumentParser(
        description="Build nl.txt and en.txt, the words that codes are written in, beside this "
        "script. Needs PyPI wordfreq and Debian's wdutch, wamerican and wbritish."
    )
    parser.add_argument(
        "--dictionaries",
        type=Path,
        default=Path("/usr/share/dict"),
        help="folder with dutch, american-english and british-english (default: %(default)s)",
    )
    folder: Path = parser.parse_args().dictionaries
    build("en", folder, set(build("nl", folder, set())))


if __name__ == "__main__":
    main()
