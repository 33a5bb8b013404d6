"""The doctor: what the operator has to do, in plain words; each subject in a module of its own."""
