"""A recipe that trains in seconds."""


def small_recipe(melody_length: int) -> str:
    """Its file."""
    return f"""
name = "tiny"
seed = 3
harmony_streams = [["standard", "quick-change"], ["minor"]]
[harmony]
units = 6
batch_size = 4
length = 48
[harmony.schedule]
epochs = 2
batches_per_epoch = 3
learning_rate = 2e-2
[melody]
units = 8
batch_size = 3
length = {melody_length}
dropout = 0.2
[melody.schedule]
epochs = 2
batches_per_epoch = 3
learning_rate = 1e-2
patience = 4
"""
