"""The one way by which a draft becomes a version: what the policy asks for is looked at first, and in the same breath.

Command line, app, demo and Python all publish through :func:`publish`. Where the policy asks for nothing it does what
:func:`workbench.drafts.publish_draft` does, and costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.drafts import Published, Staged, corrections_of, discussion_of, hide, publish_draft, second_opinions
from workbench.drafts.discussion import Discussion
from workbench.drafts.staging import get_draft
from workbench.errors import Requirement, RequirementsNotMet
from workbench.iterations.carrying import carry_over
from workbench.iterations.checking import schema_fingerprint
from workbench.lake import Lake, Session, Version, names_of, newest, read_version
from workbench.progress import Progress, silent
from workbench.settings import Policy

CHECK, EVALUATE, SUBMIT, APPROVE, REBASE = (
    f"workbench draft {word} {{}}" for word in ("check", "evaluate", "submit", "approve", "rebase")
)


def policy_of(lake: Lake, dataset: str) -> Policy:
    """Return the policy that the settings give a dataset."""
    return lake.settings.policies.of(dataset, names_of(lake, dataset))


def requirements(
    lake: Lake, draft: int, *, policy: Policy | None = None, session: Session | None = None
) -> list[Requirement]:
    """Say what the policy asks of a draft before it may be published, and whether that is the case.

    Nothing is computed: what :func:`workbench.iterations.check_draft` and ``evaluate_draft`` found out about the
    corrections as they are is looked up, and where nobody has asked, ``met`` is None.

    Parameters
    ----------
    policy : Policy, optional
        Default: the settings' for the draft's dataset.
    session : Session, optional
        Inside a transaction; default: each read is one of its own.
    """
    source: Lake | Session = session or lake
    state = get_draft(source, draft)
    policy = policy or policy_of(lake, state.dataset)
    if policy == Policy():
        return []
    talk = discussion_of(source, draft)
    base = read_version(source, state.dataset, state.base)
    return list(_asked(lake, source, policy, talk, base, draft))


def publish(
    lake: Lake,
    draft: int,
    *,
    message: str,
    author: str,
    skip_conflicts: bool = False,
    policy: Policy | None = None,
    progress: Progress = silent,
) -> Published:
    """Turn a draft into the dataset's next version, if the policy allows it.

    What was found out about the draft is then recorded for the version: see :func:`.carrying.carry_over`.

    What the policy asks for is looked at inside the transaction that publishes: corrections that somebody stages at
    the same moment are either part of what was judged, or not published.

    Parameters
    ----------
    skip_conflicts : bool
        Publish what applies and move the rest to a new draft, instead of refusing.
    policy : Policy, optional
        Default: the settings' for the draft's dataset.

    Raises
    ------
    RequirementsNotMet
        Something that the policy asks for is missing; nothing was published.
    ConflictError, UsageError
        See :func:`workbench.drafts.publish_draft`.
    """
    before = get_draft(lake, draft)
    rules = policy or policy_of(lake, before.dataset)

    def allowed(session: Session) -> None:
        asked = requirements(lake, draft, policy=rules, session=session)
        missing = [each for each in asked if not each.met]
        if missing:
            raise RequirementsNotMet(
                f"Draft {draft} may not be published yet: {'; '.join(each.why for each in missing)}. "
                "Nothing was published.",
                asked,
                hint="\n  ".join(dict.fromkeys(each.how for each in missing if each.how)),
            )

    only_if = None if rules == Policy() else allowed
    done = publish_draft(lake, draft, author=author, message=message, skip_conflicts=skip_conflicts, only_if=only_if)
    return carry_over(lake, before, done, author=author, progress=progress)


def shown_corrections(lake: Lake, draft: int, *, reader: str, policy: Policy | None = None) -> list[Staged]:
    """List a draft's corrections; what a second opinion must not know is left out for who has not given it."""
    state = get_draft(lake, draft)
    corrections = corrections_of(lake, draft)
    rules = policy or policy_of(lake, state.dataset)
    if not rules.second_opinion or state.state != "open":
        return corrections
    return hide(corrections, second_opinions(lake, lake, draft, reader=reader))


def _asked(
    lake: Lake, source: Lake | Session, policy: Policy, talk: Discussion, base: Version, draft: int
) -> Iterator[Requirement]:
    """Go through what a policy asks for."""
    if policy.judged:
        yield _newest(base, newest(source, base.dataset), draft)
    if policy.validation != "any":
        yield _validation(lake, policy, talk, base, draft)
    if policy.no_loss:
        yield _no_loss(talk, base, draft)
    if policy.class_loss is not None:
        yield _class_loss(policy.class_loss, talk, base, draft)
    if policy.second_opinion:
        yield _second_opinion(source, lake, draft)
    if policy.approval:
        yield _approval(talk, draft)


def _newest(base: Version, head: Version, draft: int) -> Requirement:
    """Ask that what was judged is what will be published: the base version with the corrections."""
    name = "newest version"
    if base.version == head.version:
        return Requirement(name, True, f"it is based on {head.name}, the newest version")
    return Requirement(
        name, False, f"it is based on v{base.version}, and v{head.version} is the newest", REBASE.format(draft)
    )


def _validation(lake: Lake, policy: Policy, talk: Discussion, base: Version, draft: int) -> Requirement:
    """Ask what the draft's rows do under the schema."""
    name, how = "validation", CHECK.format(draft)
    if base.definition.schema is None:
        return Requirement(name, True, "the dataset has no schema, so nothing can fail")
    found = _found(talk, "checked", base)
    if found is None or found["schema"] != schema_fingerprint(lake, base):
        return Requirement(name, None, "nobody has checked it as it is", how)
    counts = f"failures {found['failures']['before']:,} → {found['failures']['after']:,}"
    if found["outcome"] == "error":
        return Requirement(name, False, "a check of the schema broke, so nothing is known of what it asks", how)
    if policy.validation == "pass":
        met = found["outcome"] == "passed"
        return Requirement(name, met, counts if met else f"validation fails ({counts})", "" if met else "Fix the rest.")
    if not found["worse"]:
        return Requirement(name, True, f"no check fails more often than before ({counts})")
    worse = ", ".join(f"{code} {before:,} → {after:,}" for code, before, after in found["worse"])
    return Requirement(name, False, f"more rows fail than before: {worse}", "Undo what made them fail, or fix them.")


def _no_loss(talk: Discussion, base: Version, draft: int) -> Requirement:
    """Ask that the fixed model does not lose."""
    name = "no loss"
    compared, otherwise = _compared(name, talk, base, draft)
    if compared is None:
        return otherwise
    verdict = compared["verdict"]
    said = f"the fixed model's verdict is {verdict}"
    return Requirement(name, verdict != "loss", said, "" if verdict != "loss" else "Undo what costs accuracy.")


def _class_loss(most: float, talk: Discussion, base: Version, draft: int) -> Requirement:
    """Ask that no class is shown to lose more than so many points: its whole interval lies below that."""
    name = "class loss"
    compared, otherwise = _compared(name, talk, base, draft)
    if compared is None:
        return otherwise
    effects = {label: effect for label, effect in compared["per_class"].items() if effect["change"] is not None}
    lost = {
        label: effect
        for label, effect in effects.items()
        if effect["high"] is not None and 100 * effect["high"] < -most
    }
    if lost:
        told = ", ".join(f"{label} {100 * effect['change']:+.1f} pt" for label, effect in lost.items())
        return Requirement(
            name, False, f"a class loses more than {most:g} points of recall: {told}", "Undo what costs that class."
        )
    unsure = [label for label, effect in effects.items() if 100 * effect["change"] < -most]
    doubt = f"; for {', '.join(unsure)} the figure is beyond that, but could be chance" if unsure else ""
    return Requirement(name, True, f"no class is shown to lose more than {most:g} points of recall{doubt}")


def _second_opinion(source: Lake | Session, lake: Lake, draft: int) -> Requirement:
    """Ask that another person says the same of each test label."""
    name = "second opinion"
    opinions = second_opinions(source, lake, draft, reader=None)
    if not opinions:
        return Requirement(name, True, "it corrects no test label")
    waiting, differing = (sum(each.state == state for each in opinions) for state in ("waiting", "differs"))
    if differing:
        return Requirement(
            name, False, f"two people differ about {differing:,} of {len(opinions):,} test labels",
            f"A third person answers (workbench draft opinion {draft}), or the correction is changed or undone.",
        )  # fmt: skip
    if waiting:
        return Requirement(
            name, False, f"{waiting:,} of {len(opinions):,} test labels wait for a second person",
            f"Somebody else answers: workbench draft opinion {draft}",
        )  # fmt: skip
    return Requirement(name, True, f"a second person says the same of all {len(opinions):,} test labels")


def _approval(talk: Discussion, draft: int) -> Requirement:
    """Ask that somebody else has approved it as it is."""
    name, authors = "approval", ", ".join(talk.authors)
    standing = talk.standing
    if talk.state == "approved" and standing is not None:
        if not talk.wrote(standing.author):
            return Requirement(name, True, f"{standing.author} approved it as it is")
        return Requirement(
            name, False, f"{standing.author} approved it, and wrote some of it", "Somebody else approves it."
        )
    if talk.state == "submitted":
        return Requirement(
            name, False, "it waits for approval", f"Somebody else than {authors}: {APPROVE.format(draft)}"
        )
    if talk.state == "sent back" and standing is not None:
        return Requirement(name, False, f"{standing.author} sent it back: {standing.text}", SUBMIT.format(draft))
    once = any(event.kind == "approved" for event in talk.events)
    why = "it was changed since it was approved" if once else "it is not submitted for approval"
    return Requirement(name, False, why, SUBMIT.format(draft))


def _compared(name: str, talk: Discussion, base: Version, draft: int) -> tuple[dict[str, Any] | None, Requirement]:
    """Return the comparison of a draft with its base, or what to say where there is none."""
    if base.definition.label is None:
        return None, Requirement(name, True, "the dataset has no label, so no model can be measured on it")
    found = _found(talk, "evaluated", base)
    unknown = Requirement(name, None, "nobody has evaluated it as it is", EVALUATE.format(draft))
    return (found["comparison"] if found else None), unknown


def _found(talk: Discussion, kind: Any, base: Version) -> dict[str, Any] | None:
    """Return what was found out about a draft on the base it has now."""
    found = talk.found(kind)
    return found if found is not None and found["base"] == base.version else None
