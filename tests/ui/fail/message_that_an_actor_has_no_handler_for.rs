use ringkernel::prelude::*;

#[ring_message]
struct Go;

#[ring_message]
struct Other;

#[ring_actor]
struct Lab;

#[ring_actor]
impl Lab {
    #[handler]
    fn other(&mut self, _: Other, ctx: &mut Context<Self>) {
        ctx.tell(ctx.me(), Go);
    }
}

fn main() -> ringkernel::Result<()> {
    let system = System::builder().actors(1, |_| Lab).start()?;
    system.actor::<Lab>(0).tell(Go)?;
    system.actor::<Lab>(0).ask(Go)?.wait()?;
    Ok(())
}
