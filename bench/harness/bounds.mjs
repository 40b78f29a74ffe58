/** A bound that was set as "at most this part of the peer's", as the ratio that is judged: above 1 where ours is better. */
export const atMost = (part) => Number((1 / part).toPrecision(3));
