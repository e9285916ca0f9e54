
from lineage.models import Flag, Withdrawal
from desk.artifact import gallery
from tests.web.test_private_answers import test_the_gallery_tells_no_id_of_what_others_flagged as t
def test_x(told, people, browser_of, monkeypatch):
    def old(self, count, back):
        source = Flag if self.wanted.has == "flagged" else Withdrawal
        rows = source.objects.filter(self._side("artifact", back) & self._days("artifact"))
        order = "artifact_id" if back else "-artifact_id"
        return rows.order_by(order).values_list("artifact_id", flat=True).distinct()[:count]
    monkeypatch.setattr(gallery.Walk, "_marked", old)
    try:
        t("flagged", told, people, browser_of)
    except AssertionError:
        return
    raise RuntimeError("no leak without the mend")
