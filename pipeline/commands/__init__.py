"""The commands, one file per verb; imported only when the verb is used."""
