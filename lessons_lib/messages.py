"""What a record says of a run: the sentences, to be filled in with the run's last row."""

IGNORED = """\
{run}: the new optimizer took no step in epoch {epoch}.
Keras built its training step with an earlier optimizer{earlier} and goes on with that one;
assigning to model.optimizer does not build the step again. Two ways that work:
  - model.compile(optimizer=keras.optimizers.Adam({wanted:g}), loss=...) builds it again;
  - model.optimizer.learning_rate = {wanted:g} instead of the assignment changes the old one."""
UNUSED = """\
{run}: the new schedule is not used in epoch {epoch}: Keras built its training step with the rate
before it{earlier}. Use model.compile(optimizer=keras.optimizers.Adam(schedule), loss=...)."""
DIVERGED = """\
{run}: the loss is {loss} in epoch {epoch}: training diverged, and more epochs cannot
mend it. Build the model again and train it with a lower learning rate."""
OTHER = """\
The record "{run}" is of another model, which has had {epoch} epochs. Run the cell that builds the
model and the record again, or give this model a record of its own. (To go on with a model from a
file: TrainingRecord.from_frame(record.to_frame()).)"""
STOPPED = """\
{run}: stopped after epoch {epoch} of {planned}. Nothing is lost: another fit with the same
model and record goes on from here. (Cells that wait will run; pressed once more in this cell,
the stop button interrupts as always.)"""
