import { describe, expect, it } from 'vitest';
import { secondsLeft } from '../../src/host/feedback.ts';

describe('the time left', () => {
  it('is that of what is left at the pace so far', () => {
    expect(secondsLeft(30, 10, 20)).toBe(60);
    expect(secondsLeft(30, 10, 0)).toBe(0);
  });

  it('is not guessed before anything is done', () => {
    expect(secondsLeft(30, 0, 20)).toBe(0);
  });
});
