/* Included ahead of every source of the model: watches nothing. */
