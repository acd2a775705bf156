//! The formats that programs are found to log in, and that are recognised without being told.

/// Format strings in the percent style, the more particular ones before those that would take their lines too. In them a
/// level must be one that is known, and a name is one word.
pub(super) const USUAL: [&str; 27] = [
    // Airflow's tasks.
    "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s",
    // gunicorn's error log.
    "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s",
    // Celery's workers.
    "[%(asctime)s: %(levelname)s/%(processName)s] %(message)s",
    // uvicorn.
    "%(levelprefix)s %(message)s",
    // loguru.
    "%(asctime)s | %(levelname)-8s | %(name)s:%(funcName)s:%(lineno)d - %(message)s",
    // Flask.
    "[%(asctime)s] %(levelname)s in %(module)s: %(message)s",
    // Django projects.
    "[%(asctime)s] %(levelname)s [%(name)s:%(lineno)s] %(message)s",
    "%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s",
    // Scrapy.
    "%(asctime)s [%(name)s] %(levelname)s: %(message)s",
    // What tutorials and people write.
    "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
    "%(asctime)s - %(levelname)s - %(message)s",
    "%(asctime)s [%(levelname)s] %(name)s: %(message)s",
    "%(asctime)s [%(levelname)s] %(message)s",
    "%(asctime)s [%(levelname)-8s] %(message)s",
    "%(asctime)s | %(levelname)s | %(name)s | %(message)s",
    "%(asctime)s | %(levelname)s | %(message)s",
    "%(asctime)s %(levelname)s [%(name)s] %(message)s",
    "%(asctime)s %(levelname)s %(name)s: %(message)s",
    "%(asctime)s %(name)s %(levelname)s %(message)s",
    "%(asctime)s %(levelname)s: %(message)s",
    "%(asctime)s %(levelname)-8s %(message)s",
    "%(asctime)s %(levelname)s %(message)s",
    "[%(asctime)s] [%(levelname)s] %(message)s",
    "[%(asctime)s] %(levelname)s: %(message)s",
    "[%(asctime)s] %(levelname)s %(message)s",
    "[%(levelname)s] %(asctime)s - %(message)s",
    // logging.basicConfig().
    "%(levelname)s:%(name)s:%(message)s",
];
