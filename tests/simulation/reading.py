"""What people read at a node before they sign it."""

from domain.agreements.agreement import agreement_named
from domain.agreements.answer import ANSWERS, AnswerVersion
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.fact import Command
from domain.history import History


def as_read(command: Command, history: History) -> Command:
    """Return a command that says what it signs, as it stands at its node.

    Nothing else is changed; what is not there cannot be named.
    """
    match command:
        case CounterVersion(fingerprint=None):
            name, number = command.proposal.agreement, command.version
        case AnswerVersion(fingerprint=None) | EndorseVersion(fingerprint=None):
            name, number = command.agreement, command.version
        case AdoptCounterProposal(fingerprint=None):
            agreement = agreement_named(command.agreement, history)
            counters = history.state(ANSWERS, command.agreement).counters(agreement)
            countered = counters.get(command.version)
            tag = None if countered is None else countered.terms_fingerprint
            return command.model_copy(update={"fingerprint": tag})
        case _:
            return command
    proposed = agreement_named(name, history).versions.get(number)
    tag = None if proposed is None else proposed.fingerprint
    return command.model_copy(update={"fingerprint": tag})
