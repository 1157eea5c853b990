import { ApiError } from '../../../shared/domain/errors.ts';
import { DatabaseBusy } from '../../store/database-busy.ts';

export interface AdmissionRules {
  /** Batches that may be under way at once: each is up to 1.5 MB in memory, and the database takes them one after the other. */
  readonly mostUnderWay: number;
  /** A batch is answered within this, ms, whatever the database does. Less than the 15 s after which the edge gives up. */
  readonly answerWithinMs: number;
}

export const ADMISSION: AdmissionRules = { mostUnderWay: 64, answerWithinMs: 10_000 };

/** When an edge object sends a refused batch again, at the earliest. */
const RETRY_AFTER_S = 5;

export interface Admission {
  /**
   * Does the work of one batch, if there is room for it.
   * @returns what the work returns. @throws ApiError 503 `busy` with `Retry-After`, at once where too much is under way, and in time
   * where the database does not keep up. Work that was begun goes on: a batch that it stores after all counts as stored when it comes again.
   */
  readonly admit: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Says no in time to batches that the database has no time for. @param onLate is told of work that fails after its batch was refused. */
export function admission(
  { mostUnderWay, answerWithinMs }: AdmissionRules,
  onLate: (error: unknown) => void,
): Admission {
  let underWay = 0;
  return {
    async admit(work) {
      if (underWay >= mostUnderWay) throw busy(`${underWay} batches are being stored`);
      underWay++;
      let isRefused = false;
      const done = work().finally(() => underWay--);
      done.catch((error: unknown) => {
        if (isRefused && !(error instanceof DatabaseBusy)) onLate(error);
      });
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        isRefused = true;
        late.reject(busy(`the database has not stored it within ${answerWithinMs / 1000} s`));
      }, answerWithinMs);
      try {
        return await Promise.race([done, late.promise]);
      } catch (error) {
        throw error instanceof DatabaseBusy
          ? busy(`the database is busy: ${error.message}`)
          : error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const busy = (why: string) =>
  new ApiError(503, 'busy', `${why}; send the batch again later`, undefined, RETRY_AFTER_S);
