"""`utmlab log lint` and `log explain` on the lines of the article and on real ones."""

import json

SEED = (
    "2018:07:26-17:57:33 test epsecd[8612]: I id=\u201d4233\u2033 severity=\u201dinfo\u201d "
    "sys=\u201dSystem\u201d sub=\u201depsecd\u201d name=\u201dSending data to Sophos LiveConnect "
    "to sync UTM Web Policy Changeset\u201d |\n"
)
RESTORED = (
    '2018:07:26-17:57:33 test epsecd[8612]: I id="4233" severity="info" sys="System" '
    'sub="epsecd" name="Sending data to Sophos LiveConnect to sync UTM Web Policy Changeset"\n'
)


def test_lint_accepts_the_labs_own_logs(lab):
    for name in ("epsecd.log", "eplog.log"):
        document = lab.json("log", "lint", str(lab.data / "logs" / "utm" / name))
        assert document["files"][0]["summary"]["errors"] == 0
        assert document["files"][0]["summary"]["warnings"] == 0


def test_lint_ends_with_1_when_there_is_an_error(run, tmp_path):
    file = tmp_path / "pasted.log"
    file.write_text(SEED)
    result = run("log", "lint", str(file))
    assert result.exit_code == 1
    assert f"{file}:1:0: error: A line pasted from a page" in result.stdout
    assert "1 lines, 1 errors" in result.stderr


def test_lint_fix_restores_the_exact_bytes_and_changes_no_file(run, tmp_path):
    file = tmp_path / "pasted.log"
    file.write_text(SEED)
    result = run("log", "lint", "--fix", str(file))
    assert result.exit_code == 0
    assert result.stdout_bytes == RESTORED.encode()
    assert file.read_text() == SEED


def test_lint_reads_standard_input(run):
    result = run("log", "lint", "--fix", "-", input=SEED)
    assert result.stdout == RESTORED


def test_lint_fix_leaves_bytes_alone_that_need_nothing(run, tmp_path):
    file = tmp_path / "odd.log"
    content = RESTORED.encode() + b"\xff\xfe no line of a UTM\r\nand no end"
    file.write_bytes(content)
    assert run("log", "lint", "--fix", str(file)).stdout_bytes == content


def test_lint_tells_the_same_in_json(run, tmp_path):
    file = tmp_path / "pasted.log"
    file.write_text(SEED)
    result = run("log", "lint", str(file), "--json")
    assert result.exit_code == 1
    finding = json.loads(result.stdout)["files"][0]["findings"][0]
    assert (finding["severity"], finding["code"], finding["is_fixable"]) == (
        "error",
        "pasted",
        True,
    )


def test_explain_an_id(run):
    text = run("log", "explain", "4233").stdout
    assert "Sending data to Sophos LiveConnect" in text
    assert "known from  seed" in text
    assert "precedes    4211" in text


def test_explain_a_line_key_by_key_after_restoring_it(run):
    text = run("log", "explain", SEED).stdout
    assert text.startswith("restored (")
    assert RESTORED.strip() in text
    assert 'sub       "epsecd"' in text


def test_explain_says_that_nobody_knows_an_id(run):
    result = run("log", "explain", "9999")
    assert result.exit_code == 1
    assert "No source knows the id 9999" in result.stderr
