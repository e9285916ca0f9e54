"""What goes in and out, as serializers: the OpenAPI document is made from them."""
