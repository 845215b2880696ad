/* Whether operations are recorded, for each thread by itself: asked at every operation. */
#ifndef TG_MODE_H
#define TG_MODE_H

#if __STDC_VERSION__ >= 201112L && !defined __STDC_NO_THREADS__
#define TG_THREAD _Thread_local
#else
#define TG_THREAD __thread
#endif

static TG_THREAD int tg_recording = 1;

static inline int get_recording(void) { return tg_recording; }

static inline int set_recording(int on)
{
    const int before = tg_recording;
    tg_recording = on;
    return before;
}

#endif
