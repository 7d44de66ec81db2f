(** The auditor accuses no link and no sender without reason: for capacities and for
    causality its no is right, too, wherever every transfer has bytes. *)

From Coq Require Import ZArith NArith Lia List Bool Permutation Sorted.
From Swarm Require Import Zsum Edf Edf_complete Log Auditor Audit_sound.
Import ListNotations.
Open Scope Z_scope.

Lemma least {A} (f : A -> Z) l : l <> [] -> exists x, In x l /\ forall y, In y l -> f x <= f y.
Proof.
  induction l as [|x l IH]; intros some; [congruence|]. destruct l as [|x' l].
  - exists x. split; [simpl; auto|]. intros y [<-|[]]. lia.
  - destruct IH as (z & i & min); [discriminate|].
    destruct (Z_le_gt_dec (f x) (f z)) as [le|gt].
    + exists x. split; [simpl; auto|]. intros y [<-|k]; [lia|]. specialize (min y k). lia.
    + exists z. split; [simpl in *; auto|]. intros y [<-|k]; [lia|auto].
Qed.

Lemma carries_complete w rate b es :
  0 <= rate -> (forall e, In e es -> 0 < bytes e /\ fst w e <= snd w e) ->
  (forall s t, s <= t ->
     zsum (fun e => if inside w s t e then nanobits (bytes e) else 0) es
       <= rate * (t - s) + nanobits b) ->
  carries w rate b es = true.
Proof.
  intros rate_nn good all. apply feasible_complete.
  - intros j i. apply in_map_iff in i. destruct i as (e & <- & k). destruct (good e k).
    simpl. unfold nanobits. lia.
  - intros a c. rewrite zsum_map.
    set (q := fun e => (a <=? rate * fst w e) && (rate * snd w e + nanobits b <=? c)).
    change (zsum (fun e => if q e then nanobits (bytes e) else 0) es <= Z.max 0 (c - a)).
    destruct (filter q es) as [|first others] eqn:f.
    + rewrite <- zsum_filter, f. simpl. lia.
    + assert (some : filter q es <> []) by (rewrite f; discriminate).
      destruct (least (fst w) _ some) as (x & x_in & x_least).
      destruct (least (fun e => - snd w e) _ some) as (y & y_in & y_most).
      apply filter_In in x_in as x_q. destruct x_q as [x_es x_q].
      apply filter_In in y_in as y_q. destruct y_q as [y_es y_q].
      apply andb_prop in x_q, y_q. destruct x_q as [x_a _], y_q as [_ y_c].
      apply Z.leb_le in x_a, y_c. destruct (good y y_es) as [_ forward].
      pose proof (x_least y y_in). specialize (all (fst w x) (snd w y) ltac:(lia)).
      apply Z.le_trans with (zsum (fun e => if inside w (fst w x) (snd w y) e
                                            then nanobits (bytes e) else 0) es).
      * apply zsum_le. intros e i. destruct (good e i) as [pos _].
        assert (0 <= nanobits (bytes e)) by (unfold nanobits; lia).
        destruct (q e) eqn:k; [|destruct (inside _ _ _ _); lia].
        assert (e_in : In e (filter q es)) by (apply filter_In; auto).
        pose proof (x_least e e_in). pose proof (y_most e e_in). unfold inside.
        destruct (Z.leb_spec (fst w x) (fst w e)), (Z.leb_spec (snd w e) (snd w y)); simpl; lia.
      * lia.
Qed.

Section Complete.
  Context (p : plan) (g : log).
  Hypothesis wf : well_formed p g.
  Hypothesis some_bytes : forall e, In e (moves g) -> 0 < bytes e.
  Hypothesis downs_nonneg : forall j d, down p j = Some d -> 0 <= d.

  Theorem uplinks_iff : uplinks p g = true <->
    forall i s t, (i <= peers p)%N -> s <= t ->
      load g from (sending p) i s t <= up p i * (t - s) + nanobits (burst p i).
  Proof.
    split; [intros ok i s t; now apply uplinks_sound|]. intros all.
    unfold uplinks. apply forallb_forall. intros i k. apply in_nodes in k.
    apply carries_complete; [now apply (rates p g wf)| |].
    - intros e l. rewrite listed_group in l. apply filter_In in l.
      split; [now apply some_bytes|]. cbn. unfold depart. lia.
    - intros s t le. rewrite <- group_load. now apply all.
  Qed.

  Theorem downlinks_iff : downlinks p g = true <->
    forall j d s t, (0 < j <= peers p)%N -> down p j = Some d -> s <= t ->
      load g to (receiving p) j s t <= d * (t - s) + nanobits (burst p j).
  Proof.
    split; [intros ok j d s t; now apply downlinks_sound|]. intros all.
    unfold downlinks. apply forallb_forall. intros j k. apply in_receivers in k.
    destruct (down p j) as [d|] eqn:limit; [|reflexivity].
    apply andb_true_intro. split; [apply Z.leb_le; now apply (downs_nonneg j)|].
    apply carries_complete; [now apply (downs_nonneg j)| |].
    - intros e l. rewrite listed_group in l. apply filter_In in l.
      split; [now apply some_bytes|]. cbn. unfold land. lia.
    - intros s t le. rewrite <- group_load. now apply all.
  Qed.

  (** *** Causality: in the order of ends, each holder of a chunk is known in time *)

  Lemma spread_complete l : forall done m,
    StronglySorted (fun d e => finish d <= finish e) l ->
    (forall e, In e (moves g) -> In e done \/ In e l) ->
    (forall e, In e l -> In e (moves g) /\ held g (from e) (chunk e) (start e)) ->
    (forall d e, In d done -> In e l -> finish d <= finish e) ->
    (forall e, In e done -> whole e = true ->
       exists v, v <= finish e /\ since (to e) (chunk e) m = Some v) ->
    (forall j c v, since j c m = Some v -> exists e, In e done /\ v = finish e) ->
    fst (spread l (true, m)) = true.
  Proof.
    induction l as [|e l IH]; intros done m sorted covered lawful order known entries;
      [reflexivity|].
    apply StronglySorted_inv in sorted. destruct sorted as [sorted next].
    rewrite Forall_forall in next.
    destruct (lawful e (or_introl eq_refl)) as [member has].
    assert (may : may_send e m = true).
    { unfold may_send. apply orb_true_iff. destruct (N.eq_dec (from e) 0) as [->|relay]; [auto|].
      right. destruct (held_received g _ _ _ has relay) as (d & i & to_d & what & w & before).
      destruct (covered d i) as [earlier|later].
      - destruct (known d earlier w) as (v & le & k). rewrite <- to_d, <- what, k.
        apply Z.leb_le. lia.
      - pose proof (takes_time p g wf e member).
        destruct later as [<-|later]; [lia|]. specialize (next d later). lia. }
    unfold spread in *. cbn [fold_left fst snd]. rewrite may. cbn [andb].
    apply (IH (e :: done)).
    - assumption.
    - intros d i. destruct (covered d i) as [|[<-|]]; simpl; auto.
    - intros d i. apply lawful. simpl. auto.
    - intros d d' [<-|i] i'; [now apply next|]. apply order; simpl; auto.
    - intros d [<-|i] w.
      + unfold arrive. rewrite w. destruct (since (to e) (chunk e) m) as [v|] eqn:k.
        * destruct (entries _ _ _ k) as (d & i & ->). exists (finish d). split; [|assumption].
          apply order; simpl; auto.
        * exists (finish e). split; [lia|]. unfold since. rewrite look_put, N.eqb_refl.
          now rewrite look_put, N.eqb_refl.
      + destruct (known d i w) as (v & le & k). exists v. split; [assumption|].
        unfold arrive. destruct (whole e); [|assumption].
        destruct (since (to e) (chunk e) m) as [|] eqn:new; [assumption|].
        unfold since in *. rewrite look_put. destruct (N.eqb_spec (to e) (to d)) as [same|];
          [|assumption].
        rewrite same in new |- *. destruct (look (to d) m) as [cs|]; [|discriminate].
        rewrite look_put. destruct (N.eqb_spec (chunk e) (chunk d)) as [same_c|];
          [congruence|assumption].
    - intros j c v k. destruct (since_arrive e m j c) as [same|(_ & _ & _ & new)].
      + rewrite same in k. destruct (entries _ _ _ k) as (d & i & ->). exists d. simpl. auto.
      + exists e. split; [simpl; auto|]. congruence.
  Qed.

  Theorem history_iff : fst (history g) = true <->
    forall e, In e (moves g) -> held g (from e) (chunk e) (start e).
  Proof.
    split; [intros ok; now apply history_sound|]. intros lawful. unfold history.
    pose proof (InTime.Permuted_sort (moves g)) as perm.
    apply (spread_complete _ []).
    - assert (trans : Relations_1.Transitive (fun d e => is_true (ByFinish.leb d e))).
      { intros x y z. unfold ByFinish.leb, is_true. rewrite !Z.leb_le. lia. }
      pose proof (InTime.StronglySorted_sort (moves g) trans) as s. clear - s.
      induction s as [|e l _ IH all]; constructor; [assumption|].
      rewrite Forall_forall in *. intros d i. specialize (all d i).
      unfold ByFinish.leb, is_true in all. now apply Z.leb_le.
    - intros e i. right. now apply Permutation_in with (1 := perm).
    - intros e i. apply (Permutation_in _ (Permutation_sym perm)) in i. auto.
    - intros d e [].
    - intros e [].
    - intros j c v k. unfold since in k. rewrite look_nothing in k. discriminate.
  Qed.
End Complete.
