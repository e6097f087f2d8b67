"""Who plays with the soloist, and how the choruses go; every form in which a take can be saved."""

import improv

take = improv.load("bebop").play(
    "blues",
    choruses=3,
    seed=11,
    band=["guitar", "bass", "drums"],
    key_cycle="fourths",
    feel="shuffle",
    tempo=126,
    arc="wave",
    intro=4,
    ending="hold",
    player={"Charlie Parker": 0.7, "Lester Young": 0.3},
    lay_back=15,
)
print(take)
for tick, key in take.keys:
    print(f"{take.seconds_at(tick):6.2f} s  in {key}")

for name in ("tune.mid", "tune.musicxml", "tune.png", "tune.wav"):
    try:
        take.save(name)
        print("wrote", name)
    except improv.ImprovError as error:  # an extra that is not installed: the sentence says which
        print(error)
