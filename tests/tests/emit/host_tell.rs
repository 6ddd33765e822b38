//! `ctx.host().tell(m)`

use ringkernel::prelude::*;

#[ring_message]
struct Read {
    sensor: u32,
}

#[ring_message]
struct Alarm {
    sensor: u32,
    value: f32,
}

#[ring_message]
struct Quiet;

#[ring_actor]
struct Sensor {
    value: f32,
}

#[ring_actor]
impl Sensor {
    #[handler]
    fn read(&mut self, m: Read, ctx: &mut Context<Self>) {
        if self.value > 0.5 {
            ctx.host().tell(Alarm { sensor: m.sensor, value: self.value });
        } else {
            ctx.host().tell(Quiet);
        }
    }
}

emits!(actors: Sensor; Functions, HostMessages);
