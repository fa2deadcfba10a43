"""Find sentences that stand, nearly alike, in two splits."""

import numpy as np
from rensa import RMinHash, RMinHashLSH

from train.corpus.rows import Sentence, key

NEAR_DUPLICATE = 0.7  # Jaccard similarity of character 5-grams from which two sentences count as the same one
# 32 bands of 4 rows: a pair at Jaccard 0.7 is found with probability 1 - (1 - 0.7^4)^32 = 0.9998
PERMUTATIONS, BANDS = (128, 32)
MARGIN = 0.15  # below the threshold, by what the MinHash says, a candidate is passed over: 3.7 standard errors
LOOK = 30  # candidates at most that are compared exactly, the likeliest ones: of a template, thousands may be nearly so


def shingles(text: str, size: int = 5) -> set[str]:
    """Character 5-grams of the case-folded text: words are too coarse for short sentences."""
    text = key(text) or text  # signs alone, such as emoji, are compared as they stand
    return {text[i : i + size] for i in range(max(1, len(text) - size + 1))}


def near_duplicates(
    splits: dict[str, list[Sentence]], threshold: float = NEAR_DUPLICATE
) -> list[tuple[float, str, Sentence, str, Sentence]]:
    """Pairs from different splits whose shingles have a Jaccard similarity >= threshold, most alike first.

    Enough of them to connect all that there are: n texts made from one template are n - 1 pairs, not n * n. Where more
    than LOOK texts are nearly alike, a pair close to the threshold may be passed over.
    Returns (similarity, split, sentence, other split, other sentence). Candidates come from MinHash LSH (Broder 1997;
    Leskovec, Rajaraman & Ullman, ch. 3) and are confirmed exactly, so nothing is reported that is not there.
    """
    # Equal texts of one split once: n of them would be looked at n * n times.
    rows = [
        (name, s) for name, part in splits.items() for s in {key(s.text) or s.text: s for s in reversed(part)}.values()
    ]
    index = RMinHashLSH(threshold, PERMUTATIONS, BANDS)
    pairs = []
    component = np.arange(len(rows))  # of the rows that pairs connect, named by one of them
    members = [[i] for i in range(len(rows))]
    numbers = {name: number for number, name in enumerate(splits)}
    split = np.array([numbers[name] for name, _ in rows])
    digests = np.empty((len(rows), PERMUTATIONS), np.uint32)  # half a kilobyte a row
    for i, (name, sentence) in enumerate(rows):
        grams = shingles(sentence.text)  # made again for candidates: held for all rows they would take kilobytes each
        minhash = RMinHash(PERMUTATIONS, 1)
        minhash.update(sorted(grams))
        digests[i] = minhash.digest()
        found = np.array(index.query(minhash), int)
        found = found[(split[found] != split[i]) & (component[found] != component[i])]
        likeness = (digests[found] == digests[i]).mean(1)
        likely = found[np.argsort(-likeness, kind="stable")][: min(LOOK, (likeness >= threshold - MARGIN).sum())]
        for j in likely.tolist():
            other_name, other = rows[j]
            if component[i] == component[j]:
                continue
            other_grams = shingles(other.text)
            if (similarity := len(grams & other_grams) / len(grams | other_grams)) >= threshold:
                pairs.append((similarity, other_name, other, name, sentence))
                fewer, more = sorted((component[i], component[j]), key=lambda c: len(members[c]))
                component[members[fewer]] = more
                members[more] += members[fewer]
        index.insert(i, minhash)
    return sorted(pairs, key=lambda pair: (-pair[0], pair[2].id, pair[4].id))
