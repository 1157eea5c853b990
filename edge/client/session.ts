import type { Device } from './device.ts';
import { newId } from './new-id.ts';

const NAME = 's';
/** Who comes back later begins a new session. */
const IDLE_MS = 1_800_000;

/** The visitor's session on this device, in all of its tabs, which is begun by asking for it. */
export function visitorSession(device: Device, now: () => number) {
  return (): { readonly id: string; readonly visitor: 'new' | 'returning' } => {
    const [before, usedAt, wasReturning] = JSON.parse(device.get(NAME) || '[]');
    const isSame = usedAt > now() - IDLE_MS;
    const id: string = isSame ? before : newId();
    const isReturning = isSame ? wasReturning : !!before;
    device.set(NAME, JSON.stringify([id, now(), isReturning]));
    return { id, visitor: isReturning ? 'returning' : 'new' };
  };
}
