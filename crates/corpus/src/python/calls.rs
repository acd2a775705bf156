//! The code of the service, as far as tracebacks show it.

/// Where a file is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Application,
    Package,
    StandardLibrary,
    /// Part of the interpreter: not a file at all, and without lines to show.
    Frozen,
}

/// A line of code that calls something, or fails.
pub(super) struct Call {
    pub(super) place: Place,
    pub(super) file: &'static str,
    pub(super) line: u64,
    pub(super) function: &'static str,
    /// The line. What is to blame stands between `«` and `»`, and is underlined: by `^` what stands
    /// between `‹` and `›` in it, the rest by `~`; all of it by `^` where nothing does. Without
    /// marks the whole line is to blame, which Python does not underline.
    pub(super) source: &'static str,
}

/// The end of a traceback: the last calls, and the exception, which may have several lines.
pub(super) struct Failure {
    pub(super) weight: u32,
    pub(super) calls: &'static [Call],
    pub(super) exception: &'static str,
}

const fn call(place: Place, file: &'static str, line: u64, function: &'static str, source: &'static str) -> Call {
    Call { place, file, line, function, source }
}

use Place::{Application as App, Frozen, Package, StandardLibrary as Library};

// What several tracebacks go through.
#[rustfmt::skip] // A table reads better with one entry a line, and so do those below.
const INNER: Call = call(Package, "django/core/handlers/exception.py", 55, "inner", "response = «get_response(request)»");
#[rustfmt::skip]
const GET_RESPONSE: Call = call(Package, "django/core/handlers/base.py", 197, "_get_response", "response = «wrapped_callback(request, *callback_args, **callback_kwargs)»");
#[rustfmt::skip]
const EXECUTE: Call = call(Package, "django/db/backends/utils.py", 105, "_execute", "return «self.cursor.execute(sql, params)»");
#[rustfmt::skip]
const CATEGORY_PATH: Call = call(App, "shop/categories.py", 63, "path", "return «self.parent.path()» + [self.slug]");

/// How a request or a task comes to the application.
#[rustfmt::skip]
pub(super) const ENTRIES: [(u32, &[Call]); 4] = [
    (50, &[
        INNER,
        GET_RESPONSE,
        call(Package, "django/contrib/auth/decorators.py", 60, "_view_wrapper", "return «view_func(request, *args, **kwargs)»"),
    ]),
    (30, &[
        INNER,
        GET_RESPONSE,
        call(Package, "django/views/decorators/csrf.py", 65, "_view_wrapper", "return «view_func(request, *args, **kwargs)»"),
        call(Package, "rest_framework/viewsets.py", 124, "view", "return «self.dispatch(request, *args, **kwargs)»"),
        call(Package, "rest_framework/views.py", 509, "dispatch", "response = «self.handle_exception(exc)»"),
        call(Package, "rest_framework/views.py", 469, "handle_exception", "self.raise_uncaught_exception(exc)"),
        call(Package, "rest_framework/views.py", 480, "raise_uncaught_exception", "raise exc"),
        call(Package, "rest_framework/views.py", 506, "dispatch", "response = «handler(request, *args, **kwargs)»"),
    ]),
    (25, &[
        call(Package, "flask/app.py", 1511, "wsgi_app", "response = «self.full_dispatch_request()»"),
        call(Package, "flask/app.py", 919, "full_dispatch_request", "rv = «self.handle_user_exception(e)»"),
        call(Package, "flask/app.py", 917, "full_dispatch_request", "rv = «self.dispatch_request()»"),
        call(Package, "flask/app.py", 902, "dispatch_request", "return «self.ensure_sync(self.view_functions[rule.endpoint])(**view_args)»  # type: ignore[no-any-return]"),
    ]),
    (20, &[
        call(Package, "celery/app/trace.py", 453, "trace_task", "R = retval = «fun(*args, **kwargs)»"),
        call(Package, "celery/app/trace.py", 736, "__protected_call__", "return «self.run(*args, **kwargs)»"),
    ]),
];

/// The way through the application.
#[rustfmt::skip]
pub(super) const WAYS: [(u32, &[Call]); 5] = [
    (30, &[
        call(App, "shop/views/orders.py", 88, "retrieve", "order = «self.service.load(pk, user=request.user)»"),
        call(App, "shop/services/orders.py", 141, "load", "return «self._with_totals(order)»"),
    ]),
    (25, &[
        call(App, "shop/views/checkout.py", 52, "post", "receipt = «place_order(cart, form.cleaned_data)»"),
        call(App, "shop/services/checkout.py", 203, "place_order", "charge = «payments.charge(order, idempotency_key=cart.key)»"),
        call(App, "shop/payments/client.py", 77, "charge", "self._check(order)"),
    ]),
    (20, &[
        call(App, "shop/tasks.py", 31, "refresh_stock", "changed = [«stock.apply(row)» for row in rows(source)]"),
    ]),
    (15, &[
        call(App, "shop/views/cart.py", 29, "cart_detail", "\"total\": format_price(«cart.total()», request.LANGUAGE_CODE),"),
        call(App, "shop/services/cart.py", 66, "total", "return «sum(self.price_of(item) for item in self.items)»"),
        call(App, "shop/services/cart.py", 66, "<genexpr>", "return sum(«self.price_of(item)» for item in self.items)"),
    ]),
    (10, &[
        call(App, "shop/webhooks.py", 40, "receive", "HANDLERS[event[\"type\"]](event)"),
    ]),
];

#[rustfmt::skip]
pub(super) const FAILURES: [Failure; 16] = [
    Failure { weight: 14, exception: "KeyError: '{net|gross|country|sku}'", calls: &[
        call(App, "shop/services/prices.py", 118, "net_price", "rate = «self.rates[country]‹[\"net\"]›»"),
    ] },
    Failure { weight: 10, exception: "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'", calls: &[
        call(App, "shop/services/cart.py", 71, "price_of", "return «item.price ‹*› item.quantity»"),
    ] },
    Failure { weight: 12, exception: "AttributeError: 'NoneType' object has no attribute '{email|name|country}'", calls: &[
        call(App, "shop/mail.py", 24, "notify", "recipients = [«order.customer.email», settings.ORDERS_EMAIL]"),
    ] },
    Failure { weight: 8, exception: "ValueError: invalid literal for int() with base 10: '{word}'", calls: &[
        call(App, "shop/imports/stock.py", 93, "apply", "quantity = «int(row[\"quantity\"])»"),
    ] },
    Failure { weight: 8, exception: "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", calls: &[
        call(App, "shop/shipping/client.py", 58, "label", "label = «response.json()»[\"label\"]"),
        call(Package, "requests/models.py", 971, "json", "return «complexjson.loads(self.text, **kwargs)»"),
        call(Library, "json/__init__.py", 346, "loads", "return «_default_decoder.decode(s)»"),
        call(Library, "json/decoder.py", 337, "decode", "obj, end = «self.raw_decode(s, idx=_w(s, 0).end())»"),
        call(Library, "json/decoder.py", 355, "raw_decode", "raise JSONDecodeError(\"Expecting value\", s, err.value) from None"),
    ] },
    Failure { weight: 14, exception: "shop.models.{Order|Product|Invoice}.DoesNotExist: {Order|Product|Invoice} matching query does not exist.", calls: &[
        call(App, "shop/services/orders.py", 36, "get", "return «Order.objects.get(pk=pk)»"),
        call(Package, "django/db/models/manager.py", 87, "manager_method", "return «getattr(self.get_queryset(), name)(*args, **kwargs)»"),
        call(Package, "django/db/models/query.py", 649, "get", "raise self.model.DoesNotExist("),
    ] },
    Failure { weight: 8, exception: "psycopg.errors.UniqueViolation: duplicate key value violates unique constraint \"shop_order_number_key\"\nDETAIL:  Key (number)=({100000..999999}) already exists.", calls: &[
        call(App, "shop/services/orders.py", 167, "save", "order.save(force_insert=True)"),
        EXECUTE,
        call(Package, "psycopg/cursor.py", 97, "execute", "raise ex.with_traceback(None)"),
    ] },
    Failure { weight: 4, exception: "django.db.utils.ProgrammingError: column o.totl does not exist\nLINE 1: SELECT o.totl FROM shop_order o WHERE o.id = {1..900000}\n               ^\nHINT:  Perhaps you meant to reference the column \"o.total\".\n", calls: &[
        call(App, "shop/reports.py", 211, "revenue", "cursor.execute(QUERY, [customer.pk])"),
        call(Package, "django/db/backends/utils.py", 122, "execute", "return «super().execute(sql, params)»"),
        EXECUTE,
    ] },
    Failure { weight: 10, exception: "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='{rates|shipping}.example.com', port=443): Read timed out. (read timeout={5..30})", calls: &[
        call(App, "shop/rates.py", 47, "fetch", "response = «session.get(URL, timeout=TIMEOUT)»"),
        call(Package, "requests/sessions.py", 602, "get", "return «self.request(\"GET\", url, **kwargs)»"),
        call(Package, "requests/sessions.py", 589, "request", "resp = «self.send(prep, **send_kwargs)»"),
        call(Package, "requests/sessions.py", 703, "send", "r = «adapter.send(request, **kwargs)»"),
        call(Package, "requests/adapters.py", 713, "send", "raise ReadTimeout(e, request=request)"),
    ] },
    Failure { weight: 10, exception: "ConnectionRefusedError: [Errno 111] Connection refused", calls: &[
        call(App, "shop/search.py", 19, "connect", "connection = «socket.create_connection(ADDRESS, timeout=2)»"),
        call(Library, "socket.py", 852, "create_connection", "raise exceptions[0]"),
        call(Library, "socket.py", 837, "create_connection", "sock.connect(sa)"),
    ] },
    Failure { weight: 2, exception: "  [Previous line repeated {970..980} more times]\nRecursionError: maximum recursion depth exceeded", calls: &[
        CATEGORY_PATH,
        CATEGORY_PATH,
        CATEGORY_PATH,
    ] },
    Failure { weight: 5, exception: "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Address\npostcode\n  String should have at most 10 characters [type=string_too_long, input_value='{hex12}', input_type=str]\n    For further information visit https://errors.pydantic.dev/2.9/v/string_too_long\ncity\n  Field required [type=missing, input_value={'postcode': '{hex12}'}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.9/v/missing", calls: &[
        call(App, "shop/addresses.py", 33, "parse", "return «Address.model_validate(data)»"),
        call(Package, "pydantic/main.py", 596, "model_validate", "return cls.__pydantic_validator__.validate_python("),
    ] },
    Failure { weight: 4, exception: "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xfc in position {1..900}: invalid start byte", calls: &[
        call(App, "shop/imports/stock.py", 40, "rows", "for row in csv.DictReader(file, delimiter=\";\"):"),
        call(Frozen, "codecs", 322, "decode", ""),
    ] },
    Failure { weight: 4, exception: "AssertionError", calls: &[
        call(App, "shop/services/stock.py", 54, "reserve", "assert «left ‹>=› 0»"),
    ] },
    Failure { weight: 4, exception: "shop.payments.errors.Declined: Die Karte wurde abgelehnt – bitte prüfen Sie Ihr Limit ({hex8})", calls: &[
        call(App, "shop/payments/client.py", 102, "_check", "raise Declined.from_response(response)"),
    ] },
    Failure { weight: 3, exception: "ModuleNotFoundError: No module named 'shop.plugins.{word}'", calls: &[
        call(Library, "importlib/__init__.py", 90, "import_module", "return «_bootstrap._gcd_import(name[level:], package, level)»"),
        call(Frozen, "importlib._bootstrap", 1387, "_gcd_import", ""),
        call(Frozen, "importlib._bootstrap", 1360, "_find_and_load", ""),
        call(Frozen, "importlib._bootstrap", 1324, "_find_and_load_unlocked", ""),
    ] },
];

/// Several tasks failed at once. Every line but the first is behind a margin.
pub(super) const GROUP: &str = r#"  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/shop/dashboard.py", line 72, in load
  |     async with asyncio.TaskGroup() as group:
  |                ^^^^^^^^^^^^^^^^^^^
  |   File "/usr/local/lib/python3.12/asyncio/taskgroups.py", line 145, in __aexit__
  |     raise me from None
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/shop/dashboard.py", line 81, in revenue
    |     return totals[day] / orders[day]
    |            ~~~~~~~~~~~~^~~~~~~~~~~~~
    | ZeroDivisionError: division by zero
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/shop/dashboard.py", line 90, in visitors
    |     return await asyncio.wait_for(query, {1..9})
    |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    | TimeoutError
    +------------------------------------"#;
