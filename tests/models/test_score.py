from tiny_rows import posts


def test_a_trained_decoder_beats_the_bigram_on_held_out_people(build):
    _, trained = build(posts(1500), held_out=posts(200, "h", skip=1700), steps=250, batch=8, checkpoint_every=1000)
    assert trained.score.beats_bigram, trained.score
    assert 0 < trained.score.bits_per_byte < 8


def test_an_untrained_decoder_does_not_beat_it(build):
    _, trained = build(posts(500), held_out=posts(50, "h", skip=700), steps=1)
    assert trained.score.beats_bigram is False
