"""Any course of events, against the model; `make torture` asks for many more of them."""

import os

from hypothesis import HealthCheck, Phase, settings

from .model_machine import HOSTS, LabMachine

LabMachine.TestCase.settings = settings(
    max_examples=int(os.environ.get("UTMLAB_MODEL_EXAMPLES", "2")),
    stateful_step_count=int(os.environ.get("UTMLAB_MODEL_STEPS", "12")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink would take minutes
    print_blob=True,
)
TestLabModel = LabMachine.TestCase


def test_a_course_in_which_everything_happens_once():
    machine = LabMachine()
    machine.begin(push=True, seed=1)
    try:
        machine.edits(HOSTS[0], "policy_block")
        machine.time_passes(21.0)
        machine.somebody_browses("PC-01", HOSTS[0])
        machine.a_policy_is_damaged_on_its_way("PC-02")
        machine.edits(HOSTS[1], "policy_block")
        machine.a_page_is_reported_twice("PC-01", HOSTS[1])
        machine.an_answer_is_lost("PC-01", "ack")
        machine.a_house_is_restarted("liveconnect")
        machine.a_computer_is_told_to_register_again("PC-02")
        machine.a_computer_is_cut_off("PC-02")
        machine.edits(HOSTS[0], "policy_allow")
        machine.time_passes(90.0)
        machine.somebody_browses("PC-02", HOSTS[1])
        machine.nobody_enforces_an_older_policy_after_a_newer_one()
        machine.the_network_is_mended()
        machine.a_clock_is_set_wrong("PC-01", -30)
        machine.a_computer_is_restarted("PC-01")
        machine.a_computer_is_removed("PC-02")
        machine.a_house_is_restarted("utm")
        machine.a_removed_computer_gets_nothing_more()
        machine.the_removed_are_restored()
    finally:
        machine.teardown()
