"""The recipe field `missing` is for numbers that can be missing."""


def test_missing_is_refused_for_inputs_without_missing_numbers(cli, tmp_path):
    done = cli("train", "softmax", "--set", "missing=mean", "--out", "run")
    assert done.code == 2
    assert "missing is 'mean', but the inputs of dataset 'toy' are uint8" in done.err
    assert "--set missing=refuse" in done.err
    assert not (tmp_path / "run").exists()
