"""Webhooks: set up, changed, paused, replayed; what was delivered, and what was answered."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for, projects_owned, sees_all
from api.access import Endpoint
from api.bodies.webhooks import (
    DeliveryQuerySerializer,
    DeliverySerializer,
    NewWebhookSerializer,
    ReplayedSerializer,
    ReplayRequestSerializer,
    WebhookChangeSerializer,
    WebhookQuerySerializer,
    WebhookRequestSerializer,
    WebhookSerializer,
    WholeDeliverySerializer,
)
from api.pages import NewestFirst
from api.reading import checked_body, no_body
from api.schema import operation
from models_store.errors import InvalidInput, NotFound
from webhooks import services
from webhooks.models import Delivery, Webhook
from webhooks.replay import replay_delivery, replay_since

CHANGES = {"POST": "admin", "PATCH": "admin", "DELETE": "admin"}


class OfWebhooks(Endpoint):
    """What all of them have: owners manage, auditors and operators look, and changes need the scope `admin`."""

    scopes = CHANGES
    serializer_class = WebhookSerializer
    queryset: QuerySet[Any] = Webhook.objects.none()

    def webhook(self, id: str) -> Webhook:
        """The one that is named: 404 to strangers, 403 to members who do not own the project."""
        webhook: Webhook = self.one(services.webhook_rows(), pk=id)
        services.require_sight(self.person, webhook.project)
        return webhook

    def delivery(self, id: str, delivery: str) -> Delivery:
        """One of its deliveries."""
        found = self.webhook(id).deliveries.filter(pk=delivery).select_related("webhook__project").first()
        if found is None:
            raise NotFound()
        return found

    def told(self, webhook: Webhook, secret: str = "", **how: Any) -> Response:
        """The webhook; with a fresh secret, that too, and no cache keeps it."""
        said = self.get_serializer(webhook).data | ({"secret": secret} if secret else {})
        return Response(said, **how)


@extend_schema_view(
    get=operation("Webhooks", {200: WebhookSerializer(many=True)}, parameters=[WebhookQuerySerializer]),
    post=operation("A new webhook", {201: NewWebhookSerializer}, request=WebhookRequestSerializer),
)
class Webhooks(OfWebhooks):
    """Webhooks of the projects that the person owns; all of them for auditors and operators."""

    filters = WebhookQuerySerializer
    pagination_class = NewestFirst

    def get(self, request: Request) -> Response:
        """Newest first."""
        rest = Q(state=self.query["state"]) if "state" in self.query else None
        return self.page(self._rows(), rest)

    def _rows(self) -> QuerySet[Webhook]:
        if "project" in self.query:
            only = project_for(self.person, self.query["project"])
            services.require_sight(self.person, only)
            return self.seen(services.webhook_rows(), only=only)
        if not sees_all(self.person):
            self.along = [Q(project=one) for one in projects_owned(self.person).values_list("pk", flat=True)]
        return services.seen_by(self.person)

    def post(self, request: Request) -> Response:
        """It is told what happens from now on. The secret is in this answer and nowhere else.

        Deliveries are signed as Standard Webhooks has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`. What
        is not answered with a 2xx within 15 seconds is sent again for a day; after a day of failures it is paused.
        """
        said = checked_body(request, WebhookRequestSerializer)
        project = project_for(self.person, said.pop("project", None))
        webhook, secret = services.create_webhook(project, actor=self.person, **said)
        return self.told(webhook, secret, status=201, headers={"Location": reverse("webhook", args=[webhook.pk])})


@extend_schema_view(
    get=operation("A webhook", {200: WebhookSerializer}),
    patch=operation("Change a webhook", {200: WebhookSerializer}, request=WebhookChangeSerializer),
    delete=operation("Take a webhook away", {204: None}),
)
class OneWebhook(OfWebhooks):
    """One webhook."""

    passing = ("failing_since", "former_secret_until")

    def get(self, request: Request, id: str) -> Response:
        """As it stands now, without its secret."""
        return self.told(self.webhook(id))

    def patch(self, request: Request, id: str) -> Response:
        """What waits goes to the new address; other types count for what is read from the log from now on."""
        changes = checked_body(request, WebhookChangeSerializer)
        return self.told(services.change_webhook(self.webhook(id), actor=self.person, changes=changes))

    def delete(self, request: Request, id: str) -> Response:
        """With its deliveries; one that is on its way may still arrive."""
        services.delete_webhook(self.webhook(id), actor=self.person)
        return Response(status=204)


@extend_schema_view(post=operation("A new secret for a webhook", {200: NewWebhookSerializer}))
class RotateWebhook(OfWebhooks):
    """Another secret."""

    def post(self, request: Request, id: str) -> Response:
        """For a day both sign, so that nothing is refused while you change over. It is in this answer alone."""
        no_body(request)
        webhook, secret = services.rotate_secret(self.webhook(id), actor=self.person)
        return self.told(webhook, secret)


@extend_schema_view(post=operation("Let a webhook rest", {200: WebhookSerializer}))
class PauseWebhook(OfWebhooks):
    """Nothing is sent until it is resumed."""

    def post(self, request: Request, id: str) -> Response:
        """Operators may, too. Asking twice changes nothing."""
        no_body(request)
        return self.told(services.pause_webhook(self.webhook(id), actor=self.person))


@extend_schema_view(post=operation("Let a webhook go on", {200: WebhookSerializer}))
class ResumeWebhook(OfWebhooks):
    """Of what happens from now on."""

    def post(self, request: Request, id: str) -> Response:
        """What waited is sent at once; what happened meanwhile can be replayed. Operators may, too."""
        no_body(request)
        return self.told(services.resume_webhook(self.webhook(id), actor=self.person))


@extend_schema_view(post=operation("Test a webhook", {202: WholeDeliverySerializer}))
class PingWebhook(OfWebhooks):
    """A message of the type `webhook.ping`."""

    serializer_class = WholeDeliverySerializer

    def post(self, request: Request, id: str) -> Response:
        """Read the delivery a moment later to see what came of it."""
        no_body(request)
        row = services.ping(self.webhook(id), actor=self.person)
        place = reverse("webhook-delivery", args=[id, row.pk])
        return Response(self.get_serializer(row).data, status=202, headers={"Location": place})


@extend_schema_view(
    post=operation("Send to a webhook again", {202: ReplayedSerializer}, request=ReplayRequestSerializer)
)
class ReplayWebhook(OfWebhooks):
    """What it missed, or lost."""

    serializer_class = ReplayedSerializer

    def post(self, request: Request, id: str) -> Response:
        """One delivery, or all that has happened `since`, under the ids of the first time.

        Events come from the log, so those of a time in which it was paused are among them.
        """
        said, webhook = checked_body(request, ReplayRequestSerializer), self.webhook(id)
        if len(said) != 1:
            raise InvalidInput("Say what to send again.", field="since", expected="either `since` or `delivery`")
        if "delivery" in said:
            replay_delivery(self.delivery(id, said["delivery"]), actor=self.person)
            return Response({"count": 1}, status=202)
        return Response({"count": replay_since(webhook, said["since"], actor=self.person)}, status=202)


@extend_schema_view(
    get=operation("Deliveries to a webhook", {200: DeliverySerializer(many=True)}, parameters=[DeliveryQuerySerializer])
)
class Deliveries(OfWebhooks):
    """The log of an endpoint: 30 days of it are kept."""

    serializer_class = DeliverySerializer
    filters = DeliveryQuerySerializer
    pagination_class = NewestFirst
    queryset = Delivery.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """Newest first."""
        webhook = self.webhook(id)
        self.along = [Q(webhook=webhook.pk, **self.query)]
        return self.page(webhook.deliveries.filter(**self.query))


@extend_schema_view(get=operation("A delivery", {200: WholeDeliverySerializer}))
class OneDelivery(OfWebhooks):
    """One delivery."""

    serializer_class = WholeDeliverySerializer
    queryset = Delivery.objects.none()

    def get(self, request: Request, id: str, delivery: str) -> Response:
        """With its attempts, what was sent, and the beginning of what was answered last."""
        return Response(self.get_serializer(self.delivery(id, delivery)).data)


@extend_schema_view(post=operation("Send a delivery again", {202: WholeDeliverySerializer}))
class ReplayDelivery(OfWebhooks):
    """The same message once more."""

    serializer_class = WholeDeliverySerializer
    queryset = Delivery.objects.none()

    def post(self, request: Request, id: str, delivery: str) -> Response:
        """Under the same `webhook-id`; one that waits already keeps its turn."""
        no_body(request)
        row = replay_delivery(self.delivery(id, delivery), actor=self.person)
        return Response(self.get_serializer(row).data, status=202)
