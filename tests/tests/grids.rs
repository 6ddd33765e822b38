//! Grids: fields over space on the CPU backend, beside plain loops over plain arrays.

#[path = "grids/control.rs"]
mod control;
#[path = "grids/failing.rs"]
mod failing;
#[path = "grids/gossip.rs"]
mod gossip;
#[path = "grids/groups.rs"]
mod groups;
#[path = "grids/handlers.rs"]
mod handlers;
#[path = "grids/host_view.rs"]
mod host_view;
#[path = "grids/later.rs"]
mod later;
#[path = "grids/mistakes.rs"]
mod mistakes;
#[path = "grids/neighbours.rs"]
mod neighbours;
#[path = "grids/oracle.rs"]
mod oracle;
#[path = "grids/reach.rs"]
mod reach;
#[path = "grids/reductions.rs"]
mod reductions;
#[path = "grids/stencils.rs"]
mod stencils;
