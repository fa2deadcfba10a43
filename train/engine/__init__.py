"""What `train.fit` trains with: model, batches, average, states."""
