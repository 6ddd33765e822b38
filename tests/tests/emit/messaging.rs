//! Sending: to actors by address and by number, to the host, if there is room; addresses, senders, traces.

use ringkernel::Actor;
use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy, PartialEq)]
enum Direction {
    Left,
    Right,
}

#[ring_message]
#[derive(Clone, Copy)]
struct Ball {
    direction: Direction,
    hops: u32,
    home: Addr<Player>,
}

#[ring_message]
struct Burst {
    count: u32,
}

#[ring_message]
struct Lost {
    ball: u32,
    at: Addr<Player>,
}

#[ring_message]
struct Done;

#[ring_actor]
struct Player {
    number: u32,
    seen: u64,
    last: AnyAddr,
}

#[ring_actor]
impl Player {
    #[handler]
    fn ball(&mut self, m: Ball, ctx: &mut Context<Self>) {
        self.seen += 1;
        self.last = ctx.sender();
        if m.hops == 0 {
            if m.home != ctx.me() {
                ctx.tell(m.home, Ball { hops: 1, ..m });
            }
            ctx.host().tell(Done);
            return;
        }
        let next = match m.direction {
            Direction::Left => self.number.wrapping_sub(1),
            Direction::Right => self.number + 1,
        };
        let ball = Ball { hops: m.hops - 1, ..m };
        if let Err(Full(ball)) = ctx.try_tell(ctx.actor::<Self>(next), ball) {
            trace!(ctx, "{} is full; {} hops left, seen {}", next, ball.hops, self.seen);
            ctx.host().tell(Lost { ball: ball.hops, at: ctx.me() });
        }
    }

    #[handler]
    fn burst(&mut self, m: Burst, ctx: &mut Context<Self>) -> u32 {
        let mut sent = 0;
        for i in 0..m.count {
            let to: Addr<Referee> = ctx.actor(i % 2);
            if ctx.try_tell(to, Done).is_ok() {
                sent += 1;
            }
        }
        for i in 0..3 {
            ctx.tell(ctx.actor::<Referee>(i), Done);
        }
        sent
    }
}

#[ring_actor]
struct Referee {
    done: bool,
}

#[ring_actor]
impl Referee {
    #[handler]
    fn done(&mut self, _: Done) {
        self.done = true;
    }
}

#[test]
fn messaging() {
    super::check("messaging", &[Player::desc, Referee::desc]);
}
