"""What to look at next: the order of the queue by expected gain, learnt from what reviewers confirmed.

Each round of decisions is followed by a scoring (:func:`rescore`) of the findings that are open, on the rows as they
are with the open draft's corrections. Which signal leads, KNN-Shapley alone or times label quality, follows from the
answers so far (:mod:`workbench.ranking.choosing`); what was predicted is held against what the validation rows show
(:mod:`workbench.ranking.gains`). The test lane has no part in it.
"""

from workbench.ranking.choosing import FIRST, Share
from workbench.ranking.gains import Round
from workbench.ranking.keeping import checked_since, decided_since, newest_ranking
from workbench.ranking.records import Ranking
from workbench.ranking.rescoring import LABEL_CHECK, can_rank, rescore

__all__ = [
    "FIRST",
    "LABEL_CHECK",
    "Ranking",
    "Round",
    "Share",
    "can_rank",
    "checked_since",
    "decided_since",
    "newest_ranking",
    "rescore",
]
