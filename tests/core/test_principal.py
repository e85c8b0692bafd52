import pytest

from ownwords.core.errors import NotPermitted, Usage
from ownwords.core.principal import Principal, authorize

OPERATOR, PERSON, LICENSEE = Principal("operator"), Principal("person", "x:1"), Principal("licensee", "firm:1")


@pytest.mark.parametrize("action", ["init", "ingest", "consent", "permit.show", "permit.why", "build", "use", "prove", "forget"])
def test_an_operator_may_do_all(action):
    authorize(OPERATOR, action, "x:2")
    authorize(OPERATOR, action)


@pytest.mark.parametrize("action", ["permit.why", "consent", "forget", "use.self_access"])
def test_a_person_may_do_on_the_own_account_alone(action):
    authorize(PERSON, action, "x:1")
    for target in ("x:2", "x:11", "", None):
        with pytest.raises(NotPermitted):
            authorize(PERSON, action, target)


@pytest.mark.parametrize("action", ["init", "ingest", "permit.show", "build", "use", "prove"])
def test_a_person_may_not_do_the_rest_even_on_the_own_account(action):
    with pytest.raises(NotPermitted):
        authorize(PERSON, action, "x:1")


@pytest.mark.parametrize("action", ["ingest", "consent", "use", "permit.why"])
def test_a_licensee_may_nothing_yet(action):
    with pytest.raises(NotPermitted):
        authorize(LICENSEE, action, "firm:1")


def test_the_refusal_reads_the_same_for_every_target():
    texts = set()
    for target in ("x:2", "x:does-not-exist", None):
        with pytest.raises(NotPermitted) as error:
            authorize(PERSON, "consent", target)
        texts.add(str(error.value))
    assert len(texts) == 1


def test_roles_that_make_no_sense_are_refused():
    with pytest.raises(Usage):
        Principal("king")
    with pytest.raises(Usage):
        Principal("person")
