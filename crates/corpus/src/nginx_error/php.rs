//! What PHP writes to its standard error, which FastCGI brings to nginx's log.
//!
//! nginx logs it as it comes, with line feeds and quotes, and even with what looks like the context.
//! The context itself stands behind the last line.

use super::events::{About, Asked, Event, Via, event};

const PHP: About = About::Request(Asked::Page, Via::FastCgi);

#[rustfmt::skip] // A table reads better with one entry a line.
pub(super) const EVENTS: [Event; 10] = [
    event(90, "error", PHP, r#"FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined array key "{word}" in /var/www/html/wp-content/plugins/{word}/{word}.php on line {12..900}" while reading response header from upstream"#),
    event(50, "error", PHP, r#"FastCGI sent in stderr: "PHP message: PHP Deprecated:  Creation of dynamic property {Cart|Order|Item}::${word} is deprecated in /var/www/html/src/{Cart|Order|Item}.php on line {12..300}" while reading response header from upstream"#),
    event(30, "error", PHP, r#"FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined variable ${word} in /var/www/html/index.php on line {12..90}; PHP message: PHP Warning:  Trying to access array offset on value of type null in /var/www/html/index.php on line {12..90}" while reading upstream"#),
    event(60, "error", PHP, r#"FastCGI sent in stderr: "Primary script unknown" while reading response header from upstream"#),
    event(50, "error", PHP, "connect() to unix:/run/php/php8.2-fpm.sock failed (11: Resource temporarily unavailable) while connecting to upstream"),
    event(20, "crit", PHP, "connect() to unix:/run/php/php8.2-fpm.sock failed (2: No such file or directory) while connecting to upstream"),
    event(40, "error", PHP, "FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught TypeError: Shop\\Order::load(): Argument #1 ($id) must be of type int, string given, called in /var/www/html/src/Cart.php on line 34 and defined in /var/www/html/src/Order.php:121\nStack trace:\n#0 /var/www/html/src/Cart.php(34): Shop\\Order->load('{word}')\n#1 /var/www/html/src/Checkout.php(208): Shop\\Cart->total(Array, true)\n#2 /var/www/html/index.php(17): Shop\\Checkout->run()\n#3 {main}\n  thrown in /var/www/html/src/Order.php on line 121\" while reading response header from upstream"),
    event(25, "error", PHP, "FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/html/src/Database.php:41\nStack trace:\n#0 /var/www/html/src/Database.php(41): PDO->__construct('mysql:host=db-{1..3}.in...', 'shop', Object(SensitiveParameterValue))\n#1 /var/www/html/index.php(17): Shop\\Database->connect()\n#2 {main}\n  thrown in /var/www/html/src/Database.php on line 41\" while reading response header from upstream"),
    event(25, "error", PHP, "FastCGI sent in stderr: \"PHP message: PHP Notice:  Undefined index: {word} in /var/www/html/wp-content/themes/{word}/functions.php on line {12..900}\nPHP message: PHP Notice:  Undefined index: {word} in /var/www/html/wp-content/themes/{word}/functions.php on line {12..900}\nPHP message: PHP Warning:  Cannot modify header information - headers already sent by (output started at /var/www/html/wp-content/themes/{word}/functions.php:{12..900}) in /var/www/html/wp-includes/pluggable.php on line {1000..1500}\" while reading response header from upstream"),
    event(10, "error", PHP, "FastCGI sent in stderr: \"PHP message: Zahlung für Bestellung {100000..999999} abgelehnt:\n\n  Betrag: {5..900},{10..99} €\n  Grund:  {card_declined|expired_card}, client: {word}\n\" while reading response header from upstream"),
];
