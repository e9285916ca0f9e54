from webhooks.models import Delivery, Webhook, PausedWhy, DeliveryState
from webhooks.pausing import pause_by_itself
from webhooks.services import create_webhook
from config import clock
from tests.web.browser import axe
from datetime import timedelta

def test_shots(pages, chief, project, page_of):
    mine = {n: a for n, a in pages.items() if "webhook" in n}
    hook = Webhook.objects.get()
    now = clock.now()
    for i, (state, status, fault, t) in enumerate([("delivered", 204, "", "job.succeeded"), ("failed", None, "timeout", "model.approved"), ("delivered", 200, "", "review.requested"), ("waiting", None, "", "artifacts.released")]):
        Delivery.objects.create(webhook=hook, message=f"m{i}", type=t, body="{}", state=state, created_at=now, tries=i, status=status, ms=12*i if i else None, fault=fault, due_at=now)
    d = Delivery.objects.get(type="webhook.ping")
    d.past = [{"at": now.isoformat(), "status": 503, "ms": 1204, "fault": "status"}, {"at": now.isoformat(), "status": None, "ms": 15000, "fault": "timeout"}]; d.tries = 2
    d.state = "failed"; d.save()
    faults = {}
    for tag, kw in (("light", {}), ("dark", {"dark": True}), ("phone", {"width": 390}), ("zh", {"language": "zh-hans"})):
        page = page_of(chief, **kw)
        page.add_init_script(axe.script())
        for name, address in mine.items():
            page.goto(address)
            page.screenshot(path=f"/dev/shm/shots/{tag}-{name.replace(' ', '_')}.png", full_page=True)
            if f := axe.grave(page, ()):
                faults[tag, name] = f
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                faults[tag, name, "wide"] = 1
    Webhook.objects.update(failing_since=now)
    pause_by_itself(hook, PausedWhy.FAILING)
    from desk.trouble import signs
    page = page_of(chief); page.goto("/"); page.screenshot(path="/dev/shm/shots/home.png")
    page.goto(mine["webhook"]); page.screenshot(path="/dev/shm/shots/paused.png")
    page.goto("/webhooks/webhook/add/")
    page.fill("[name=name]", "x"); page.fill("[name=url]", "https://127.0.0.1/"); page.click("text=Save >> visible=true")
    page.screenshot(path="/dev/shm/shots/refused.png", full_page=True)
    page.fill("[name=url]", "https://a.example/"); page.locator("main button.km-main").last.click()
    page.screenshot(path="/dev/shm/shots/secret.png", full_page=True)
    assert faults == {}
