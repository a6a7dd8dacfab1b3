//! Models through the importer: what comes out, and what is refused.

mod build;
mod external;
mod hostile;
mod models;
mod refusals;
mod table;
mod upgrades;
