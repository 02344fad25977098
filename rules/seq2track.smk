rule seq2track:
    input:
        [],
