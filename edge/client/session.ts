import { SESSION, type Device } from './device.ts';
import { SESSION_IDLE_MS } from './limits.ts';
import { newId } from './new-id.ts';

/** The visitor's session on this device, in all of its tabs, which is begun by asking for it. */
export function visitorSession(device: Device, now: () => number) {
  return (): { readonly id: string; readonly visitor: 'new' | 'returning' } => {
    const [before, usedAt, wasReturning] = JSON.parse(device.get(SESSION) || '[]');
    const isSame = usedAt > now() - SESSION_IDLE_MS;
    const id: string = isSame ? before : newId();
    const isReturning = isSame ? wasReturning : !!before;
    device.set(SESSION, JSON.stringify([id, now(), isReturning]));
    return { id, visitor: isReturning ? 'returning' : 'new' };
  };
}
