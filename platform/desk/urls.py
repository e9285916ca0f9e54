"""Addresses of pages that belong to no one model."""

from __future__ import annotations

from django.urls import path

from desk.home.page import refresh

urlpatterns = [path("cards/<slug:pace>/", refresh, name="home-cards")]
